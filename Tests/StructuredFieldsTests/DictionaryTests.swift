import StructuredFields
import Testing

/// Every kind of case that the public vectors hold for dictionaries and inner lists: `dictionary`, `listlist`,
/// `param-dict`, `param-list` and `param-listlist` as far as they are about parameters, `key-generated`,
/// `large-generated` and `examples`.
@Suite struct DictionaryTests {
    private typealias Member = StructuredDictionary.Member

    private static func read(_ field: String) -> [String: Member]? {
        StructuredDictionary(field: field).map { dictionary in
            Dictionary(uniqueKeysWithValues: dictionary.keys.map { ($0, dictionary[$0] ?? .list([])) })
        }
    }

    @Test(
        arguments: [
            ("", [:]), ("  ", [:]), ("a=1", ["a": .item(.integer(1))]),
            ("a=1,b=2", ["a": .item(.integer(1)), "b": .item(.integer(2))]),
            ("a=1 ,  b=2", ["a": .item(.integer(1)), "b": .item(.integer(2))]),
            ("a=1\t,\tb=2", ["a": .item(.integer(1)), "b": .item(.integer(2))]),
            ("     a=1 ,  b=2", ["a": .item(.integer(1)), "b": .item(.integer(2))]),
            ("a=1, b, c=3", ["a": .item(.integer(1)), "b": .item(.boolean(true)), "c": .item(.integer(3))]),
            ("a, b", ["a": .item(.boolean(true)), "b": .item(.boolean(true))]),
            ("a=?0, b;x=9", ["a": .item(.boolean(false)), "b": .item(.boolean(true))]),
            ("a=?1;foo=9", ["a": .item(.boolean(true))]),
            ("a=1,b=2,a=3", ["a": .item(.integer(3)), "b": .item(.integer(2))]),
            ("a=(1 2)", ["a": .list([.integer(1), .integer(2)])]),
            ("a=(1)", ["a": .list([.integer(1)])]), ("a=()", ["a": .list([])]), ("a=(  )", ["a": .list([])]),
            ("a=(  1  42  )", ["a": .list([.integer(1), .integer(42)])]),
            ("a=(\"b\"; a=1;b=2 c);lvl=5, d", ["a": .list([.string("b"), .token("c")]), "d": .item(.boolean(true))]),
            ("a=b;  c=1  ,  d=e; f=2; g=3", ["a": .item(.token("b")), "d": .item(.token("e"))]),
            ("a=3;c;d=5", ["a": .item(.integer(3))]), ("a=3;c=5;d", ["a": .item(.integer(3))]),
            ("a;b=1;c=2;b=3", ["a": .item(.boolean(true))]),
            ("*a.b-c_d1*=1.5", ["*a.b-c_d1*": .item(.decimal(thousandths: 1500))]),
            ("sha-256=:aGVsbG8=:", ["sha-256": .item(.bytes(Array("hello".utf8)))]),
            ("en=\"Applepie\", da=:AQ==:", ["en": .item(.string("Applepie")), "da": .item(.bytes([1]))]),
            ("a=\"1, b=2\"", ["a": .item(.string("1, b=2"))]),
        ] as [(String, [String: Member])]
    )
    private func dictionariesAreRead(field: String, members: [String: Member]) {
        #expect(Self.read(field) == members)
    }

    @Test(arguments: [
        "a =1, b=2", "a=1, b= 2", "a=1, b=2,", "a=1,,b=2,", "a=1, ", ",a", "a,,b", "a=1,1b=2,a=1", "a=1,B=2,a=1",
        "a=1,b!=2,a=1", "a=", "=1", "a=1 b=2", "a==1", "a;", "a; ", "a;=1", "a=b;q =0.5", "a=b;q= 0.5", "a=b ;q=0.5",
        "a=b; q=1.0,", "a=b; q=1.0,,c=d", "a=(", "a=(1 42", "a=(1 2, b=(42 43)", "a=(1\t 42)", "a=((1))", "a=(b=1)",
        "a=(abc\"def\"?0123*dXZ3*xyz)", "a=(1)b", "a=(1 2);", "a=?2", "a=\"b", "a=:=:", "\ta", "-a", "a;\tb", "ü",
        "a=ü", "a=\t1", "a\u{0}", "\"a\"=1", "a=1;b=(1)",
    ])
    func whatIsNoDictionaryIsNothing(field: String) {
        #expect(StructuredDictionary(field: field) == nil)
    }

    @Test func keysStayInTheOrderTheyFirstCameIn() {
        #expect(StructuredDictionary(field: "m, z;x=1, t, z=2")?.keys == ["m", "z", "t"])
    }

    @Test func eachByteHasItsPlacesInAKey() {
        let inner = Set("_-.*0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        let first = Set("*abcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...0x7F {
            let character = Unicode.Scalar(byte)
            let isInner = StructuredDictionary(field: "a\(character)a=1")?.keys == ["a\(character)a"]
            #expect(isInner == inner.contains(byte), "in a key: \(byte)")
            let isFirst = StructuredDictionary(field: "\(character)a=1")?.keys == ["\(character)a"]
            #expect(isFirst == first.contains(byte), "before a key: \(byte)")
            let isParameter = StructuredDictionary(field: "a;b\(character)c=1") != nil
            // A comma begins the next member, an equals sign the value, a semicolon the next parameter.
            #expect(isParameter == (inner.contains(byte) || byte == 0x2C || byte == 0x3B), "in a parameter: \(byte)")
        }
    }

    /// A parser must take at least 1,024 members and keys of 64 characters.
    @Test func largeDictionariesAreRead() {
        let keys = (0..<1024).map { "a" + String(repeating: "b", count: 59) + String(1000 + $0).suffix(4) }
        let dictionary = StructuredDictionary(field: keys.map { "\($0)=1" }.joined(separator: ", "))
        #expect(dictionary?.keys.count == 1000 + 24)
        #expect(dictionary?[keys[1023]] == .item(.integer(1)))
        let list = StructuredDictionary(field: "a=(\(String(repeating: "1 ", count: 1024)))")
        #expect(list?["a"] == .list(Array(repeating: .integer(1), count: 1024)))
        let parameters = (0..<1024).map { ";p\($0)=1" }.joined()
        #expect(StructuredDictionary(field: "a\(parameters)")?.keys == ["a"])
    }

    /// Ten thousand keys in one head: a reader that looks through all keys for each would be at it for seconds.
    @Test(.timeLimit(.minutes(1)))
    func manyKeysCostNoMoreThanTheirBytes() {
        let field = (0..<200_000).map { "k\($0)" }.joined(separator: ",")
        #expect(StructuredDictionary(field: field)?.keys.count == 200_000)
        let item = "1" + (0..<200_000).map { ";k\($0)" }.joined()
        #expect(StructuredValue(field: item) == .integer(1))
    }
}
