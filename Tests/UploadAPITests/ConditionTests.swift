import HTTPTypes
import Testing

@testable import UploadAPI

@Suite struct ConditionTests {
    private static let strong = Validators(
        tag: EntityTag(isWeak: false, opaque: "a"),
        modified: HTTPDate(seconds: 784_111_777)
    )
    private static let weak = Validators(
        tag: EntityTag(isWeak: true, opaque: "a"),
        modified: HTTPDate(seconds: 784_111_777)
    )
    private static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"

    struct Case: Sendable, CustomTestStringConvertible {
        let fields: [String: String]
        let current: Validators?
        let reading: ConditionOutcome
        let writing: ConditionOutcome
        var testDescription: String { "\(fields) on \(current?.tag.text ?? "nothing")" }

        init(
            _ fields: [String: String],
            _ current: Validators?,
            _ reading: ConditionOutcome,
            _ writing: ConditionOutcome
        ) {
            self.fields = fields
            self.current = current
            self.reading = reading
            self.writing = writing
        }
    }

    private static let cases: [Case] = [
        Case([:], strong, .proceed, .proceed),
        Case(["If-Match": "*"], strong, .proceed, .proceed),
        Case(["If-Match": "*"], nil, .failed, .failed),
        Case(["If-Match": "\"b\", \"a\""], strong, .proceed, .proceed),
        Case(["If-Match": "\"b\""], strong, .failed, .failed),
        Case(["If-Match": "W/\"a\""], strong, .failed, .failed),
        Case(["If-Match": "\"a\""], weak, .failed, .failed),
        Case(["If-Match": "\"a\"", "If-Unmodified-Since": earlier], strong, .proceed, .proceed),
        Case(["If-Unmodified-Since": same], strong, .proceed, .proceed),
        Case(["If-Unmodified-Since": earlier], strong, .failed, .failed),
        Case(["If-Unmodified-Since": "yesterday"], strong, .proceed, .proceed),
        Case(["If-Unmodified-Since": earlier], nil, .proceed, .proceed),
        Case(["If-None-Match": "*"], strong, .notModified, .failed),
        Case(["If-None-Match": "*"], nil, .proceed, .proceed),
        Case(["If-None-Match": "\"a\""], strong, .notModified, .failed),
        Case(["If-None-Match": "W/\"a\""], strong, .notModified, .failed),
        Case(["If-None-Match": "\"a\""], weak, .notModified, .failed),
        Case(["If-None-Match": "\"b,\", \"c\""], strong, .proceed, .proceed),
        Case(["If-None-Match": "\"b\"", "If-Modified-Since": same], strong, .proceed, .proceed),
        Case(["If-Modified-Since": same], strong, .notModified, .proceed),
        Case(["If-Modified-Since": earlier], strong, .proceed, .proceed),
        Case(["If-Match": "\"b\"", "If-None-Match": "\"a\""], strong, .failed, .failed),
        Case(["If-Match": "\"a\"", "If-None-Match": "\"a\""], strong, .notModified, .failed),
    ]

    @Test(arguments: cases)
    func conditionsAreTakenInOrder(row: Case) throws {
        var fields: HTTPFields = [:]
        for (name, value) in row.fields {
            fields[try #require(HTTPField.Name(name))] = value
        }
        let conditions = Conditions(fields)
        #expect(conditions.outcome(for: row.current, isReading: true) == row.reading)
        #expect(conditions.outcome(for: row.current, isReading: false) == row.writing)
    }

    @Test(arguments: [
        (nil, true), ("\"a\"", true), ("\"b\"", false), ("W/\"a\"", false), (same, true), (earlier, false),
        ("x", false),
    ])
    func ifRangeNeedsTheSameStrongValidator(field: String?, applies: Bool) {
        #expect(Conditions.rangeApplies(field, to: Self.strong) == applies)
        #expect(Conditions.rangeApplies(field, to: Self.weak) == (field == nil))
    }

    @Test(arguments: [
        (nil, ByteRange.whole), ("bytes=0-0", .part(0..<1)), ("bytes=0-", .part(0..<10)), ("bytes=9-", .part(9..<10)),
        ("bytes=2-4", .part(2..<5)), ("bytes=2-400", .part(2..<10)), ("bytes=-3", .part(7..<10)),
        ("bytes=-30", .part(0..<10)), ("Bytes= 1-2 ", .part(1..<3)), ("bytes=10-", .unsatisfiable),
        ("bytes=10-12", .unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=99999999999999999999-", .unsatisfiable),
        ("bytes=0-99999999999999999999", .part(0..<10)), ("bytes=4-2", .whole), ("bytes=", .whole),
        ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=+1-2", .whole), ("bytes=1-2,4-5", .whole),
        ("items=0-1", .whole), ("bytes 0-1", .whole),
    ])
    func oneRangeIsUnderstood(field: String?, range: ByteRange) {
        #expect(ByteRange(field, length: 10) == range)
    }

    @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=-1"])
    func nothingOfAnEmptyFileCanBeHad(field: String) {
        #expect(ByteRange(field, length: 0) == .unsatisfiable)
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func theThreeFormsOfADateAreTaken(text: String) {
        #expect(HTTPDate(text)?.seconds == 784_111_777)
    }

    @Test(arguments: [
        "", "0", "784111777", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
    ])
    func whatIsNoDateIsIgnored(text: String) {
        #expect(HTTPDate(text) == nil)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    ])
    func aDateIsWrittenAndReadBack(seconds: Int64, text: String) {
        #expect(HTTPDate(seconds: seconds).text == text)
        #expect(HTTPDate(text)?.seconds == seconds)
    }
}
