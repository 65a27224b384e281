import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

@Suite struct BadFormTests {
    private static let good = Form.file("a.txt", "x").bytes
    private static let text = String(decoding: good, as: UTF8.self)

    private static let boundary71 = String(repeating: "b", count: 71)
    private static let base64 = Form().adding("name=\"f\"; filename=\"a\"\r\nContent-Transfer-Encoding: base64", "eA==")
    private static let nested = Form().adding("name=\"f\"\r\nContent-Type: multipart/mixed; boundary=Y", "--Y--")

    struct Case: Sendable, CustomTestStringConvertible {
        static let type = "multipart/form-data; boundary=XX"

        let what: String
        let type: String
        let status: Int
        let body: [UInt8]
        var testDescription: String { what }

        init(_ what: String, _ type: String, _ status: Int, _ body: [UInt8]) {
            self.what = what
            self.type = type
            self.status = status
            self.body = body
        }
    }

    private static let cases: [Case] = [
        Case("no boundary", "multipart/form-data", 400, good),
        Case("empty boundary", "multipart/form-data; boundary=", 400, good),
        Case("quoted empty boundary", "multipart/form-data; boundary=\"\"", 400, good),
        Case("unterminated quote", "multipart/form-data; boundary=\"XX", 400, good),
        Case("two boundaries", "multipart/form-data; boundary=XX; boundary=XX", 400, good),
        Case("long boundary", "multipart/form-data; boundary=\(boundary71)", 400, good),
        Case("other type", "multipart/mixed; boundary=XX", 415, good),
        Case("JSON", "application/json", 415, Array("{}".utf8)),
        Case("urlencoded", "application/x-www-form-urlencoded", 415, Array("a=b".utf8)),
        Case("no type, body", "", 415, Array("abc".utf8)),
        Case("no type, no body", "", 400, []),
        Case("no body", Case.type, 400, []),
        Case("no parts", Case.type, 400, Form().bytes),
        Case("only fields", Case.type, 400, Form().field("a", "b").bytes),
        Case("no final boundary", Case.type, 400, Array(good.dropLast(8))),
        Case("half a final boundary", Case.type, 400, Array(good.dropLast(4))),
        Case("large preamble", Case.type, 400, Array(repeating: 13, count: 17 << 10) + good),
        Case("large epilogue", Case.type, 400, good + Array(repeating: 10, count: 65 << 10)),
        Case("no disposition", Case.type, 400, Array("--XX\r\n\r\nx\r\n--XX--".utf8)),
        Case("two filenames", Case.type, 400, Form().adding("name=a; filename=b; filename=c", "x").bytes),
        Case("no name", Case.type, 400, Form().adding("filename=b", "x").bytes),
        Case("base64", Case.type, 415, base64.bytes),
        Case("nested", Case.type, 415, nested.bytes),
        Case("bare LF", Case.type, 400, Array(text.replacing("\r\n", with: "\n").utf8)),
        Case("large field", Case.type, 413, Form().field("a", String(repeating: "x", count: (64 << 10) + 1)).bytes),
    ]

    @Test(arguments: cases)
    func isRefusedAndLeavesNothing(bad: Case) async {
        let service = TestService()
        let fields = bad.type.isEmpty ? [:] : ["Content-Type": bad.type]
        let reply = await service.send(.post, "/upload-file", fields, chunks: bad.body.isEmpty ? [] : [bad.body])
        #expect(reply.status == bad.status, "\(reply.text)")
        #expect(reply["Content-Type"] == "application/problem+json")
        #expect(service.bucket.paths.isEmpty)
        #expect(service.bucket.spooled == 0)
        let next = await service.send(.post, "/upload-file", Form.type, chunks: [Self.good])
        #expect(next.status == 200)
    }

    @Test func aBadSecondPartTakesTheFirstWithIt() async {
        let service = TestService()
        let form = Form.file("a.txt", "x").adding("filename=b", "y")
        #expect(await service.send(.post, "/files", Form.type, chunks: [form.bytes]).status == 400)
        #expect(service.bucket.paths.isEmpty)
        #expect(service.bucket.spooled == 0)
    }

    @Test func tooManyFilesOrPartsAre413() async {
        var limits = IngestLimits()
        limits.maxFilesPerForm = 2
        let service = TestService(limits: limits)
        let form = Form.file("a", "1").file("b", "2").file("c", "3")
        let reply = await service.send(.post, "/files", Form.type, chunks: [form.bytes])
        #expect(reply.status == 413)
        #expect(reply.text.contains(#""limit":2"#))
        let fields = (0..<1001).reduce(Form()) { form, number in form.field("f\(number)", "") }
        #expect(await service.send(.post, "/files", Form.type, chunks: [fields.bytes]).status == 413)
        #expect(service.bucket.paths.isEmpty)
        #expect(service.bucket.spooled == 0)
    }

    @Test func encodedBodiesAreRefused() async {
        let service = TestService()
        for encoding in ["gzip", "GZIP, identity", "br"] {
            let form = Form.type.merging(["Content-Encoding": encoding]) { first, _ in first }
            #expect(await service.send(.post, "/upload-file", form, chunks: [Self.good]).status == 415)
            #expect(await service.send(.put, "/files/a", ["Content-Encoding": encoding], body: "x").status == 415)
        }
        #expect(await service.send(.put, "/files/a", ["Content-Encoding": "identity"], body: "x").status == 201)
    }

    @Test func boundariesOfOneAndSeventyBytesAreTaken() async {
        for boundary in ["b", String(repeating: "b", count: 70)] {
            let service = TestService()
            let body = Array(Self.text.replacing("--XX", with: "--\(boundary)").utf8)
            let fields = ["Content-Type": "Multipart/Form-Data; charset=utf-8; BOUNDARY=\"\(boundary)\""]
            #expect(await service.send(.post, "/upload-file", fields, chunks: [body]).status == 200)
        }
    }
}
