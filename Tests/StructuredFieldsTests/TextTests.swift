import StructuredFields
import Testing

/// Writing, with every kind of case of the public `serialisation-tests`.
@Suite struct TextTests {
    @Test(
        arguments: [
            (.integer(0), "0"), (.integer(-42), "-42"), (.integer(999_999_999_999_999), "999999999999999"),
            (.decimal(thousandths: 1500), "1.5"), (.decimal(thousandths: -1), "-0.001"),
            (.decimal(thousandths: 0), "0.0"),
            (.decimal(thousandths: 1230), "1.23"), (.decimal(thousandths: 999_999_999_999_999), "999999999999.999"),
            (.boolean(true), "?1"), (.boolean(false), "?0"), (.string(""), "\"\""), (.string(#"a"b\c"#), #""a\"b\\c""#),
            (.token("a/b"), "a/b"), (.token("*"), "*"), (.bytes([]), "::"), (.bytes([0xFF, 0xE0, 0x21]), ":/+Ah:"),
            (.bytes(Array("hello".utf8)), ":aGVsbG8=:"), (.date(-1), "@-1"),
            (.display("f%\"ü\n"), #"%"f%25%22%c3%bc%0a""#),
        ] as [(StructuredValue, String)]
    )
    func itemsAreWrittenAndReadBack(value: StructuredValue, text: String) {
        #expect(value.text == text)
        #expect(StructuredValue(field: text) == value)
    }

    @Test(
        arguments: [
            .integer(1_000_000_000_000_000), .integer(-1_000_000_000_000_000), .integer(.min), .integer(.max),
            .decimal(thousandths: 1_000_000_000_000_000), .decimal(thousandths: .min), .date(.max), .string("ü"),
            .string("a\u{7F}"), .string("\n"), .token(""), .token("1a"), .token("a b"), .token("ü"), .token("a,"),
        ] as [StructuredValue]
    )
    func whatNoFieldCanHoldIsNotWritten(value: StructuredValue) {
        #expect(value.text == nil)
    }

    @Test func dictionariesAreWrittenAndReadBack() {
        var dictionary = StructuredDictionary()
        #expect(dictionary.text == "")
        dictionary["max-size"] = .item(.integer(7))
        dictionary["flag"] = .item(.boolean(true))
        dictionary["not"] = .item(.boolean(false))
        dictionary["list"] = .list([.token("a"), .string("b")])
        #expect(dictionary.text == "max-size=7, flag, not=?0, list=(a \"b\")")
        #expect(StructuredDictionary(field: "max-size=7, flag, not=?0, list=(a \"b\")") == dictionary)
        dictionary["flag"] = nil
        #expect(dictionary.text == "max-size=7, not=?0, list=(a \"b\")")
        dictionary["list"] = .list([.token("")])
        #expect(dictionary.text == nil)
    }

    @Test(arguments: ["", "A", "1", "a b", "-a", "a=", "ü"])
    func whatIsNoKeyIsNotWritten(key: String) {
        var dictionary = StructuredDictionary()
        dictionary[key] = .item(.integer(1))
        #expect(dictionary.text == nil)
    }
}
