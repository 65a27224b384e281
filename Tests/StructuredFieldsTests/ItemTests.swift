import StructuredFields
import Testing

/// Every kind of case that the public vectors for structured fields (httpwg/structured-field-tests) hold for items:
/// `item`, `number`, `boolean`, `string`, `token`, `binary`, `date`, `display-string`, and the generated ones, which try
/// every byte in every place of a string, a token, a key and a number.
@Suite struct ItemTests {
    @Test(arguments: [
        ("42", 42), ("0", 0), ("-0", 0), ("-42", -42), ("042", 42), ("-042", -42), ("00", 0),
        ("123456789012345", 123_456_789_012_345), ("-999999999999999", -999_999_999_999_999),
        ("000000000000001", 1), ("  1  ", 1), ("     1", 1), ("5; foo=bar", 5), ("1; a; b=?0", 1),
        ("1;a=2;a=3", 1), ("2; url=\"https://a.example/;,\"", 2),
    ])
    func integersAreRead(field: String, number: Int64) {
        #expect(StructuredValue(field: field) == .integer(number))
        #expect(StructuredValue(field: field)?.integer == number)
    }

    @Test(arguments: [
        ("1.23", 1230), ("-1.23", -1230), ("0.0", 0), ("123456789012.1", 123_456_789_012_100),
        ("999999999999.999", 999_999_999_999_999), ("1.123", 1123), ("1.20", 1200), ("1.200", 1200), ("-0.001", -1),
        ("000000000001.5", 1500),
    ])
    func decimalsAreRead(field: String, thousandths: Int64) {
        #expect(StructuredValue(field: field) == .decimal(thousandths: thousandths))
        #expect(StructuredValue(field: field)?.integer == nil)
    }

    @Test(arguments: [
        "", " ", "\t1", "1\t", " \t 1", "1 \t ", "--0", "+5", "2,3", "5, 5", "-a23", "4-2", "- 42", "-", "-;a",
        "1234567890123456", "-1234567890123456", "0000000000000001", "1. 23", "1 .23", "- 1.23", "1.5.4", "1..4", "1.",
        ".1", "-.1", "1.1234", "-1.1234", "1234567890123.0", "1234567890123.", "1e3", "0x10", "1_000", "١", "1;", "1; ",
        "1;=2", "1;A=2", "1;a =2", "1;a= 2", "1 ;a", "1;a=", "1;a=()", "1;a\t=1", "1;\ta", "\u{0}", "1\u{0}",
    ])
    func whatIsNoNumberIsNothing(field: String) {
        #expect(StructuredValue(field: field) == nil)
    }

    @Test(arguments: [("?1", true), ("?0", false), (" ?0 ", false), ("?1;a", true)])
    func booleansAreRead(field: String, flag: Bool) {
        #expect(StructuredValue(field: field)?.boolean == flag)
    }

    @Test(arguments: [
        "?", "?Q", "? 1", "?-0", "?T", "?f", "?True", "?2", "?01", "?1, ?1", "??1", "1?", "!?1", "?1?",
    ])
    func whatIsNoBooleanIsNothing(field: String) {
        #expect(StructuredValue(field: field) == nil)
    }

    /// Right by the grammar, and of another kind than the caller wants.
    @Test(arguments: ["true", "1", "\"?1\"", ":?:", "*", "@1", "%\"1\"", "1.0"])
    func anotherKindOfItemIsNoBoolean(field: String) {
        #expect(StructuredValue(field: field)?.boolean == nil)
    }

    @Test(arguments: [
        ("\"foo bar\"", "foo bar"), ("\"\"", ""), ("\"   \"", "   "), (#""foo \"bar\" \\ baz""#, #"foo "bar" \ baz"#),
        (#""\\\\\"""#, #"\\""#), ("\"foo, bar\"", "foo, bar"), ("\"a\";b=\"c\"", "a"), ("\"'\"", "'"),
    ])
    func stringsAreRead(field: String, text: String) {
        #expect(StructuredValue(field: field)?.string == text)
    }

    @Test func longStringsAreRead() {
        let text = String(repeating: "foo ", count: 4096)
        #expect(StructuredValue(field: "\"\(text)\"")?.string == text)
    }

    @Test(arguments: [
        "\"füü\"", "\"\t\"", "\" \n \"", "'foo'", "\"foo", "foo\"", #""foo \,""#, #""foo \""#, #""foo \"#, #""\n""#,
        "\"", "\"a\"b", "\"a\" \"b\"",
    ])
    func whatIsNoStringIsNothing(field: String) {
        #expect(StructuredValue(field: field) == nil)
    }

    /// One byte after the other, as the generated vectors have them.
    @Test func eachByteHasItsPlaces() {
        let token = Set("!#$%&'*+-.^_`|~:/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        let first = Set("*abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...0x7F {
            let character = Unicode.Scalar(byte)
            let string = StructuredValue(field: "\"\(character)x\"")?.string
            let isPlain = (0x20...0x7E).contains(byte) && character != "\"" && character != "\\"
            #expect((string == "\(character)x") == isPlain, "in a string: \(byte)")
            let inner = StructuredValue(field: "a\(character)b")?.token
            #expect((inner == "a\(character)b") == token.contains(byte), "in a token: \(byte)")
            let leading = StructuredValue(field: "\(character)b")?.token
            #expect((leading == "\(character)b") == first.contains(byte), "before a token: \(byte)")
            let isDigit = (48...57).contains(byte)
            #expect((StructuredValue(field: "1\(character)1")?.integer != nil) == isDigit, "in a number: \(byte)")
        }
        for byte in UInt8(0x80)...UInt8.max {
            let text = String(decoding: [0x22, byte, 0x22], as: UTF8.self)
            #expect(StructuredValue(field: text) == nil)
            #expect(StructuredValue(field: String(Unicode.Scalar(byte))) == nil)
        }
    }

    @Test(arguments: ["a_b-c.d3:f%00/*", "fooBar", "FooBar", "*", "*a", "a", "text/html", "A-Z!#$&'+^`|~"])
    func tokensAreRead(field: String) {
        #expect(StructuredValue(field: field)?.token == field)
    }

    @Test(arguments: ["_a", "-a", "/a", ":a", "!a", "a b", "a,b", "a(", "a\"", "a=b", "{a}", "a@"])
    func whatIsNoTokenIsNothing(field: String) {
        #expect(StructuredValue(field: field)?.token == nil)
    }

    @Test(arguments: [
        (":aGVsbG8=:", Array("hello".utf8)), ("::", []), (":cHJldGVuZA==:;a=1", Array("pretend".utf8)),
    ])
    func byteSequencesAreRead(field: String, bytes: [UInt8]) {
        #expect(StructuredValue(field: field)?.bytes == bytes)
    }

    /// Padding may be missing, and its bits may be set, as the RFC advises.
    @Test func byteSequencesAreReadLeniently() {
        #expect(StructuredValue(field: ":aGVsbG8:")?.bytes == Array("hello".utf8))
        #expect(StructuredValue(field: ":iZ==:")?.bytes == [0x89])
        #expect(StructuredValue(field: ":iZ:")?.bytes == [0x89])
        #expect(StructuredValue(field: ":/+Ah:")?.bytes == [0xFF, 0xE0, 0x21])
    }

    @Test(arguments: [
        ":", ":a", ":=aGVsbG8=:", ":a=GVsbG8=:", ":aGVsbG8.:", ":aGVsbG8=", ":aGVsb G8=:", ":    :", ":aGVsbG!8=:",
        ":aGVsbG8=!:", ":_-Ah:", ":a:", ":a===:", ":====:", ":aGVsbG8=:a", ":aGVsbG8=::", ":aG\u{0}s:", ":ü:", ":iZ=:",
    ])
    func whatIsNoByteSequenceIsNothing(field: String) {
        #expect(StructuredValue(field: field) == nil)
    }

    @Test(arguments: [
        ("@0", 0), ("@1659578233", 1_659_578_233), ("@-1659578233", -1_659_578_233), ("@-0", 0),
        ("@999999999999999", 999_999_999_999_999),
    ])
    func datesAreRead(field: String, seconds: Int64) {
        #expect(StructuredValue(field: field) == .date(seconds))
    }

    @Test(arguments: ["@", "@-", "@ 12345678", "@abc", "@1659578233.12", "@1000000000000000", "@@1"])
    func whatIsNoDateIsNothing(field: String) {
        #expect(StructuredValue(field: field) == nil)
    }

    @Test(arguments: [
        (#"%"foo bar""#, "foo bar"), (#"%"f%c3%bc%c3%bc""#, "füü"), (#"%"foo %22bar%22 \ baz""#, #"foo "bar" \ baz"#),
        (#"%"BOM: %ef%bb%bf""#, "BOM: \u{FEFF}"), (#"%"%61""#, "a"), (#"%"""#, ""), (#"%"foo, bar""#, "foo, bar"),
    ])
    func displayStringsAreRead(field: String, text: String) throws {
        guard case .display(let read) = StructuredValue(field: field) else {
            Issue.record("no display string")
            return
        }
        #expect(read.utf8.elementsEqual(text.utf8))
    }

    @Test(arguments: [
        #"%"f%C3%BC""#, "%\"füü\"", "%\"\t\"", "%\"\n\"", "%'foo'", "%foo", "%foo\"", "%\"foo", "%\"foo %a", "%\"%\"",
        "%\"%c3%28\"", "%\"%a0%a1\"", "%\"%g0%1w\"", "%\"%e2%28%a1\"", "%\"%f0%28%8c%28\"", "%", "%\"",
    ])
    func whatIsNoDisplayStringIsNothing(field: String) {
        #expect(StructuredValue(field: field) == nil)
    }

    @Test(arguments: ["(1 2)", "()", "a, b", "a=1", ";a", ",", "1,", "[1]", "\u{7F}", "ü"])
    func whatIsNoItemIsNothing(field: String) {
        #expect(StructuredValue(field: field) == nil)
    }
}
