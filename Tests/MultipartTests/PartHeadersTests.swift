import Multipart
import Testing

@Suite struct PartHeadersTests {
    private func headers(_ lines: String...) throws -> PartHeaders {
        try headers(bytes: Array(lines.map { $0 + "\r\n" }.joined().utf8))
    }

    private func headers(bytes: [UInt8]) throws -> PartHeaders {
        let body = Array("--B\r\n".utf8) + bytes + Array("\r\n--B--".utf8)
        let form = try ParsedForm([body[...]])
        if let error = form.error { throw error }
        return try #require(form.parts.first).headers
    }

    @Test(arguments: [
        (#"form-data; name="f"; filename="a.txt""#, "a.txt"),
        (#"form-data;name=f;filename=a.txt"#, "a.txt"),
        (#"FORM-DATA ; NAME = "f" ; FileName = "a.txt" ;"#, "a.txt"),
        ("form-data;\tfilename=a.txt;\tname=f", "a.txt"),
        (#"form-data; name=f; filename="a\"b\\c\d""#, #"a"b\c\d"#),
        (#"form-data; name=f; filename="; name=\"g\"; x""#, #"; name="g"; x"#),
        (#"form-data; name=f; filename="%22%0d%0A%0D%0a%2F%25%zz%2""#, "\"\r\n\r\n%2F%25%zz%2"),
        (#"form-data; name=f; filename="../../etc/passwd""#, "../../etc/passwd"),
        (#"form-data; name=f; filename="""#, ""),
        (#"form-data; name=f; filename="%2522""#, "%2522"),
    ])
    func filenamesAreDecodedAsBrowsersEncodeThem(_ value: String, _ filename: String) throws {
        let headers = try headers("Content-Disposition: \(value)")
        #expect(headers.name == "f")
        #expect(headers.filename == filename)
        #expect(headers.isFile)
    }

    @Test func namesAreDecodedInTheSameWay() throws {
        #expect(try headers(#"Content-Disposition: form-data; name="a%22\"[b][0]""#).name == #"a""[b][0]"#)
        #expect(try headers(#"Content-Disposition: form-data; name="""#).name == "")
    }

    @Test func bytesThatAreNotUTF8AreReplaced() throws {
        let line = Array("Content-Disposition: form-data; name=\"f\"; filename=\"a".utf8) + [0xFF, 0xC0, 0xAE]
        let headers = try headers(bytes: line + Array("b\"\r\n".utf8))
        #expect(headers.filename == "a\u{FFFD}\u{FFFD}\u{FFFD}b")
    }

    @Test func theExtendedFilenameNeverCounts() throws {
        let both = try headers("Content-Disposition: form-data; name=f; filename=a; filename*=UTF-8''..%2Fb")
        #expect(both.filename == "a")
        let alone = try headers("Content-Disposition: form-data; name=f; filename*=UTF-8''b")
        #expect(alone.filename == nil)
        #expect(!alone.isFile)
    }

    @Test func headersWithoutMeaningAreIgnored() throws {
        let headers = try headers(
            "X-Content-Type: fake/fake",
            "content-TYPE:image/png",
            "Content-Length: 12",
            "Content-Disposition:form-data; name=f",
            "Content-Transfer-Encoding: Binary",
            "X-Empty:"
        )
        #expect(headers.contentType == "image/png")
        #expect(headers.name == "f")
    }

    @Test func digestsAreKeptAsSent() throws {
        let headers = try headers(
            "Content-Disposition: form-data; name=f",
            "Content-Digest: sha-256=:AA==:",
            "Content-MD5:  1B2M2Y8AsgTpgAmY7PhCfg== ",
            "Content-Digest: md5=:BB==:"
        )
        #expect(headers.contentDigest == "sha-256=:AA==:, md5=:BB==:")
        #expect(headers.contentMD5 == "1B2M2Y8AsgTpgAmY7PhCfg==")
    }

    @Test func aFileOfAnotherMultipartTypeIsAFile() throws {
        let headers = try headers(
            "Content-Disposition: form-data; name=f; filename=page.mhtml",
            "Content-Type: multipart/related; boundary=x"
        )
        #expect(headers.contentType == "multipart/related; boundary=x")
    }
}
