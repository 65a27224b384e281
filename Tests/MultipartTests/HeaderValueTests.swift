import Multipart
import Testing

@Suite struct HeaderValueTests {
    @Test(arguments: [
        "multipart/form-data; boundary=B",
        "Multipart/Form-Data;BOUNDARY=\"B\"",
        "multipart/form-data ; charset=utf-8; boundary = \"B\" ; x=y",
        "multipart/form-data; xboundary=Q; boundary=B",
        "multipart/form-data; x=\"; boundary=Q\"; boundary=B;",
        "multipart/form-data; boundary=\"\\B\"",
        " \tmultipart/form-data;boundary=B",
    ])
    func theBoundaryIsFoundWhereverItStands(_ contentType: String) throws {
        let expected = try MultipartBoundary(contentType: "multipart/form-data; boundary=B")
        #expect(try MultipartBoundary(contentType: contentType) == expected)
    }

    @Test(arguments: [
        "", "multipart", "multipart/form-dataX; boundary=B", "multipart/mixed; boundary=B", "text/plain; boundary=B",
        "application/x-www-form-urlencoded", "; boundary=B", "multipart/form-data boundary=B",
        "multipart /form-data; boundary=B",
    ])
    func otherTypesAreNotMultipart(_ contentType: String) {
        let error = #expect(throws: MultipartError.self) { try MultipartBoundary(contentType: contentType) }
        #expect(error?.code == .notMultipart)
    }

    @Test(arguments: [
        "", "; boundary", "; boundary=", "; boundary=\"\"", "; boundary=\"B", "; boundary=B; boundary=B",
        "; boundary=B; Boundary=C", "; boundary=\"B\"x", "; boundary=\"B \"", "; boundary=a b", "; boundary=\"a\rb\"",
        "; boundary=\u{e9}", "; boundary=\"a\0b\"", "; boundary=a\"b\"", "; boundary=\"a\\\"",
        "; boundary=\(String(repeating: "x", count: 71))", "; boundary=\(String(repeating: "x", count: 5000))",
    ])
    func badBoundariesAreRefused(_ parameters: String) {
        let error = #expect(throws: MultipartError.self) {
            try MultipartBoundary(contentType: "multipart/form-data" + parameters)
        }
        #expect(error?.code == .badBoundary)
    }

    @Test(arguments: [1, 70])
    func boundariesOfEveryAllowedLengthAreAccepted(_ length: Int) throws {
        let boundary = String(repeating: "x", count: length)
        let body = formOfOneFile("abc".utf8, boundary: boundary)
        #expect(try ParsedForm([body[...]], boundary: boundary).isGood)
    }

    @Test func parametersKeepTheirOrderAndCase() throws {
        let value = try HeaderParameters(#"Text/Plain; A=b; c="D;\"\x" ;;e=f/g"#, escapes: .everyByte)
        #expect(value.type == "text/plain")
        #expect(value.parameters.map(\.name) == ["a", "c", "e"])
        #expect(value.parameters.map(\.value) == ["b", "D;\"x", "f/g"])
        #expect(try value.only("a") == "b")
        #expect(try value.only("z") == nil)
    }

    @Test(arguments: [
        ("attachment", nil),
        ("attachment; filename=\"a b.txt\"", "a b.txt"),
        ("inline; filename=a.txt", "a.txt"),
        ("attachment; filename=\"a.txt\"; filename*=UTF-8''%e2%98%83.txt", "\u{2603}.txt"),
        ("attachment; filename*=utf-8'en'b.txt; filename=\"a.txt\"", "b.txt"),
        ("attachment; filename*=ISO-8859-1''%FC.txt", "\u{fc}.txt"),
        ("attachment; filename=a; filename*=UTF-8''%ff", "a"),
        ("attachment; filename=a; filename*=UTF-8''%4", "a"),
        ("attachment; filename=a; filename*=UTF-8''%zz", "a"),
        ("attachment; filename=a; filename*=koi8-r''b", "a"),
        ("attachment; filename=a; filename*=b", "a"),
        ("attachment; filename=\"%22.txt\"", "%22.txt"),
        ("attachment; filename=\"C:\\dir\\x\"", "C:\\dir\\x"),
    ])
    func aRawBodyIsNamedByItsDisposition(_ value: String, _ filename: String?) throws {
        #expect(try ContentDisposition(value).filename == filename)
    }

    @Test(arguments: ["", "attachment; filename", "attachment; filename=a; filename=b", "attachment; filename=\"a"])
    func malformedDispositionsAreRefused(_ value: String) {
        let error = #expect(throws: MultipartError.self) { try ContentDisposition(value) }
        #expect(error?.code == .malformedHeader)
    }
}
