import Digests
import HTTPTypes
import StructuredFields
import Testing

@testable import UploadAPI

@Suite struct TusCodecTests {
    private static func fields(_ fields: [String: String]) throws -> HTTPFields {
        try ResumableCodecTests.fields(fields)
    }

    private static func base64(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    private func status(_ body: () throws -> Void) -> Int? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Problem)?.status.code ?? 0
        }
    }

    // MARK: Versions

    @Test(
        arguments: [("1.0.0", nil), ("1.0", 412), ("0.2.2", 412), ("", 412), ("1.0.0, 1.0.0", 412), (nil, 412)]
            as [(String?, Int?)]
    )
    func onlyOneVersionIsSpoken(version: String?, refused: Int?) throws {
        let fields = try Self.fields(version.map { ["Tus-Resumable": $0] } ?? [:])
        #expect(status { try Tus.requireVersion(fields) } == refused)
        #expect(Tus.isSpoken(fields) == (version != nil))
        #expect(Problem.tusVersion.headers[.tusVersion] == "1.0.0")
    }

    @Test func discoveryTellsWhatThereIs() {
        let fields = Tus.discovery(maxSize: 5)
        #expect(fields[.tusResumable] == "1.0.0")
        #expect(fields[.tusVersion] == "1.0.0")
        #expect(fields[.tusMaxSize] == "5")
        #expect(fields[.tusChecksumAlgorithm] == "sha1,sha256,md5,crc32")
        let extensions =
            "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,"
            + "termination,concatenation,concatenation-unfinished"
        #expect(fields[.tusExtension] == extensions)
        #expect(Tus.discovery(maxSize: nil)[.tusMaxSize] == nil)
    }

    // MARK: Creation

    @Test(
        arguments: [
            (["Upload-Length": "0"], 0), (["Upload-Length": "9223372036854775807"], .max),
            (["Upload-Length": "007"], 7), (["Upload-Defer-Length": "1"], nil),
        ] as [([String: String], Int64?)]
    )
    func aCreationTellsItsLengthOrDefersIt(fields: [String: String], length: Int64?) throws {
        let creation = try TusCreation(Self.fields(fields), content: 0)
        #expect(creation.length == length)
        #expect(!creation.hasContent)
    }

    @Test(arguments: [
        [:], ["Upload-Length": ""], ["Upload-Length": "-1"], ["Upload-Length": "+1"], ["Upload-Length": "1.0"],
        ["Upload-Length": "1e3"], ["Upload-Length": "9223372036854775808"], ["Upload-Length": "5, 5"],
        ["Upload-Length": " "], ["Upload-Length": "0x5"], ["Upload-Length": "٥"],
        ["Upload-Defer-Length": "0"], ["Upload-Defer-Length": "true"], ["Upload-Defer-Length": ""],
        ["Upload-Length": "5", "Upload-Defer-Length": "1"], ["Upload-Length": "5", "Upload-Concat": "whole"],
        ["Upload-Length": "5", "Upload-Metadata": "a YQ=,b"],
    ])
    func whatIsNoCreationIsRefused(fields: [String: String]) throws {
        let made = try Self.fields(fields)
        #expect(status { _ = try TusCreation(made, content: 0) } == 400)
    }

    @Test func aCreationMayBringContent() throws {
        let type = "application/offset+octet-stream"
        let creation = try TusCreation(Self.fields(["Upload-Length": "5", "Content-Type": type]), content: 5)
        #expect(creation.hasContent)
        #expect(try TusCreation(Self.fields(["Upload-Length": "5", "Content-Type": type]), content: nil).hasContent)
        // Without content, or with a type that some stack adds, it is as if none had come.
        #expect(try !TusCreation(Self.fields(["Upload-Length": "5", "Content-Type": type]), content: 0).hasContent)
        let other = ["Upload-Length": "5", "Content-Type": "application/json", "Upload-Checksum": "broken"]
        #expect(try !TusCreation(Self.fields(other), content: 50).hasContent)
        let long = try Self.fields(["Upload-Length": "5", "Content-Type": type])
        #expect(status { _ = try TusCreation(long, content: 6) } == 413)
        let broken = try Self.fields(["Upload-Length": "5", "Content-Type": type, "Upload-Checksum": "broken"])
        #expect(status { _ = try TusCreation(broken, content: 5) } == 400)
    }

    @Test func aCreationAboveTheLimitIsRefused() throws {
        let fields = try Self.fields(["Upload-Length": "6"])
        #expect(status { _ = try TusCreation(fields, content: 0, maxSize: 5) } == 413)
        #expect(status { _ = try TusCreation(fields, content: 0, maxSize: 6) } == nil)
        #expect(Problem.tusTooLarge(5).headers[.tusMaxSize] == "5")
    }

    // MARK: Metadata

    @Test(arguments: [nil, "", "  "] as [String?])
    func noMetadataIsNone(field: String?) throws {
        #expect(try TusMetadata(field) == nil)
    }

    @Test func metadataIsKeptAndRead() throws {
        let field =
            "filename \(Self.base64("ä b.txt")), filetype \(Self.base64("text/plain")),empty,also ,n \(Self.base64("\u{0}"))"
        let metadata = try #require(try TusMetadata(field))
        #expect(metadata.raw == field)
        #expect(metadata.filename == "ä b.txt")
        #expect(metadata.contentType == "text/plain")
        #expect(metadata["empty"] == [])
        #expect(metadata["also"] == [])
        #expect(metadata["n"] == [0])
        #expect(metadata["other"] == nil)
        #expect(metadata.relativePath == nil)
    }

    @Test(
        arguments: [
            ("name YQ==", "a", nil, nil), ("name YQ==,filename Yg==", "b", nil, nil),
            ("filename,name YQ==", "a", nil, nil),
            ("type YQ==", nil, "a", nil), ("type YQ==,filetype Yg==", nil, "b", nil),
            ("relativePath YS9i", nil, nil, "a/b"), ("relativePath bnVsbA==", nil, nil, nil),
            ("filename /w==", nil, nil, nil), ("filename /w==,name YQ==", "a", nil, nil),
            ("Filename YQ==", nil, nil, nil),
        ] as [(String, String?, String?, String?)]
    )
    func clientsHaveTheirOwnKeys(field: String, name: String?, type: String?, path: String?) throws {
        let metadata = try #require(try TusMetadata(field))
        #expect(metadata.filename == name)
        #expect(metadata.contentType == type)
        #expect(metadata.relativePath == path)
    }

    @Test(arguments: [
        "a YQ==,a Yg==", "a YQ==,a", "a YQ", "a YQ=", "a Y Q==", "a -_==", "a YQ==,", ",a YQ==", "a YQ==,,b", "ä YQ==",
        "a\tYQ==", "a  YQ==x", "a YQ== YQ==",
    ])
    func whatIsNoMetadataIsRefused(field: String) {
        #expect(status { _ = try TusMetadata(field) } == 400)
    }

    /// They are kept for as long as the upload.
    @Test func metadataAreLimited() throws {
        let field = (0..<700).map { "k\($0) YQ==" }.joined(separator: ",")
        #expect(try TusMetadata(field)?["k699"] == [0x61])
        #expect(status { _ = try TusMetadata(field + "," + field.replacing("k", with: "l")) } == 400)
    }

    // MARK: Checksums

    @Test(arguments: [
        ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", DigestAlgorithm.sha1),
        ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", .sha256),
        ("md5 XrY7u+Ae7tCTyyK7j1rNww==", .md5), ("crc32 DUoRhQ==", .crc32),
    ])
    func aChecksumIsRead(text: String, algorithm: DigestAlgorithm) throws {
        let checksum = try TusChecksum(text)
        #expect(checksum.digest.algorithm == algorithm)
        #expect(text == "\(algorithm.rawValue) \(checksum.digest.base64)")
    }

    @Test(arguments: [
        "", "sha1", "sha1 ", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0", "sha1 DUoRhQ==", "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "sha512 DUoRhQ==", "Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1  Kq5sNclPz7QV2+lfQIuc6R7oRu0= x",
        "crc32 DUoRhQ==, crc32 DUoRhQ==", "sha1 !!!!", "crc32 ",
    ])
    func whatIsNoChecksumIsRefused(text: String) {
        #expect(status { _ = try TusChecksum(text) } == 400)
    }

    private static let sum = "crc32 DUoRhQ=="

    /// The fields before the content, those behind it, and what comes of them: a checksum, none, or a refusal.
    @Test(
        arguments: [
            ([:], nil, nil, false), (["Upload-Checksum": sum], nil, sum, false),
            (["Trailer": "upload-checksum"], sum, sum, false),
            (["Trailer": "X-A, Upload-Checksum"], sum, sum, false), (["Trailer": "X-A"], nil, nil, false),
            (["Trailer": "Upload-Checksum"], nil, nil, true), (["Trailer": "Upload-Checksum"], "broken", nil, true),
            ([:], sum, nil, true), (["Upload-Checksum": sum], sum, nil, true),
            (["Upload-Checksum": sum, "Trailer": "Upload-Checksum"], nil, nil, true),
            (["Upload-Checksum": "x"], nil, nil, true),
        ] as [([String: String], String?, String?, Bool)]
    )
    func aChecksumComesBeforeTheContentOrBehindIt(
        before: [String: String],
        behind: String?,
        sum: String?,
        isRefused: Bool
    ) throws {
        let before = try Self.fields(before)
        let trailers = try Self.fields(behind.map { ["Upload-Checksum": $0] } ?? [:])
        var checksum: TusChecksum?
        let code = status { checksum = try TusContentCheck(before).checksum(trailers: trailers) }
        #expect(code == (isRefused ? 400 : nil))
        #expect(try checksum == sum.map { try TusChecksum($0) })
    }

    @Test func aMismatchHasAStatusOfItsOwn() {
        #expect(Problem.tusChecksumMismatch.status.code == 460)
        #expect(Problem.tusChecksumMismatch.status.reasonPhrase == "Checksum Mismatch")
    }

    // MARK: Concatenation

    @Test(
        arguments: [
            (nil, nil), ("partial", .partial), (" partial ", .partial), ("final;/a", .final(["/a"])),
            (
                "final;/uploads/a https://h/uploads/b /uploads/a",
                .final(["/uploads/a", "https://h/uploads/b", "/uploads/a"])
            ),
            ("final; /a  /b ", .final(["/a", "/b"])),
        ] as [(String?, TusConcatenation?)]
    )
    func concatenationsAreRead(field: String?, concatenation: TusConcatenation?) throws {
        #expect(try TusConcatenation(field) == concatenation)
    }

    @Test(arguments: ["", "final", "final;", "final; ", "Partial", "partial;", "whole", "partial, partial"])
    func whatIsNoConcatenationIsRefused(field: String) {
        #expect(status { _ = try TusConcatenation(field) } == 400)
    }

    @Test func anUploadHasABoundedNumberOfPieces() throws {
        let pieces = Array(repeating: "/a", count: 256)
        #expect(try TusConcatenation("final;" + pieces.joined(separator: " ")) == .final(pieces))
        #expect(status { _ = try TusConcatenation("final;" + (pieces + ["/b"]).joined(separator: " ")) } == 400)
    }

    @Test func anUploadOfOthersHasNeitherLengthNorContent() throws {
        let creation = try TusCreation(Self.fields(["Upload-Concat": "final;/a", "Upload-Length": "5"]), content: 0)
        #expect(creation.length == nil && creation.concatenation == .final(["/a"]))
        let type = "application/offset+octet-stream"
        let full = try Self.fields(["Upload-Concat": "final;/a", "Content-Type": type])
        #expect(status { _ = try TusCreation(full, content: 5) } == 400)
        #expect(status { _ = try TusCreation(full, content: 0) } == nil)
    }

    // MARK: Appending

    @Test(
        arguments: [
            (["Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"], nil),
            (["Content-Type": "application/offset+octet-stream"], 400),
            (["Content-Type": "application/offset+octet-stream", "Upload-Offset": "-1"], 400),
            (["Content-Type": "application/offset+octet-stream", "Upload-Offset": ""], 400),
            (["Content-Type": "application/offset+octet-stream; charset=utf-8", "Upload-Offset": "0"], 415),
            (["Content-Type": "application/octet-stream", "Upload-Offset": "0"], 415), (["Upload-Offset": "0"], 415),
            (["Content-Type": "application/offset+octet-stream", "Upload-Offset": "0", "Upload-Length": "x"], 400),
        ] as [([String: String], Int?)]
    )
    func anAppendNeedsItsTypeAndOffset(fields: [String: String], refused: Int?) throws {
        let made = try Self.fields(fields)
        #expect(status { _ = try TusAppend(made) } == refused)
    }

    /// What is known of the length, what the request says, the content, and the length that follows or the refusal.
    @Test(
        arguments: [
            (nil, nil, 5, nil, nil), (nil, "12", 5, 12, nil), (12, "12", 5, 12, nil), (12, nil, 5, 12, nil),
            (12, nil, nil, 12, nil), (12, nil, 0, 12, nil), (12, "13", 5, nil, 400), (nil, "6", 0, nil, 400),
            (nil, "7", 0, 7, nil), (nil, "11", 5, nil, 413), (11, nil, 5, nil, 413), (nil, "101", 5, nil, 413),
            (nil, nil, 94, nil, 413), (nil, nil, 93, nil, nil), (nil, nil, .max, nil, 413), (12, nil, .max, nil, 413),
        ] as [(Int64?, String?, Int64?, Int64?, Int?)]
    )
    func aDeferredLengthIsToldOnce(known: Int64?, said: String?, content: Int64?, length: Int64?, refused: Int?) throws
    {
        var fields = ["Content-Type": "application/offset+octet-stream", "Upload-Offset": "7"]
        fields["Upload-Length"] = said
        let append = try TusAppend(Self.fields(fields))
        var result: Int64?
        let code = status { result = try append.length(known: known, content: content, maxSize: 100) }
        #expect(code == refused)
        #expect(result == length)
    }

    // MARK: Answers

    private static func text(_ fields: HTTPFields) -> [String: String] {
        Dictionary(fields.map { ($0.name.rawName, $0.value) }) { first, second in first + " & " + second }
    }

    @Test func answersSayWhatTusAsksFor() {
        var state = TusState(offset: 7, length: 9, metadata: "a YQ==", expires: HTTPDate(seconds: 784_111_777))
        let common = ["Tus-Resumable": "1.0.0", "Upload-Expires": "Sun, 06 Nov 1994 08:49:37 GMT"]
        #expect(Self.text(state.appended) == common.merging(["Upload-Offset": "7"]) { $1 })
        #expect(
            Self.text(state.created(at: "https://h/u/1", hasContent: false))
                == common.merging(["Location": "https://h/u/1"]) { $1 }
        )
        #expect(state.created(at: "/", hasContent: true)[.uploadOffset] == "7")
        let head = [
            "Upload-Offset": "7", "Upload-Length": "9", "Upload-Metadata": "a YQ==", "Cache-Control": "no-store",
        ]
        #expect(Self.text(state.retrieved) == common.merging(head) { $1 })
        state = TusState(offset: 0, concatenation: "partial")
        #expect(
            Self.text(state.retrieved) == [
                "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Upload-Defer-Length": "1", "Upload-Concat": "partial",
                "Cache-Control": "no-store",
            ]
        )
        state = TusState(offset: 0, concatenation: "final;/a /b", awaitsPieces: true)
        #expect(
            Self.text(state.retrieved) == [
                "Tus-Resumable": "1.0.0", "Upload-Concat": "final;/a /b", "Cache-Control": "no-store",
            ]
        )
        state = TusState(offset: 9, length: 9, concatenation: "final;/a /b")
        #expect(state.retrieved[.uploadOffset] == "9")
        #expect(state.retrieved[.uploadLength] == "9")
    }

    @Test func aWrongOffsetIsToldTheRightOne() {
        let problem = Problem.tusOffset(expected: 7, provided: 9)
        #expect(problem.status.code == 409)
        #expect(problem.headers[.uploadOffset] == "7")
        #expect(problem.json["expected-offset"] == .number(7))
    }
}
