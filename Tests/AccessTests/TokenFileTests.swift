import Glibc
import Ingest
import IngestTesting
import SystemPackage
import Testing

@testable import Access

@Suite struct TokenFileTests {
    private static let digest = String(repeating: "0123456789abcdef", count: 4)

    private static func token(_ id: String) throws -> Token {
        try Token(
            id: id,
            digest: TokenSecret.random().sha256,
            scopes: [.upload, .read],
            prefix: try PathPrefix("in/ä b"),
            expiresAt: Timestamp(milliseconds: 1_800_000_000_000),
            quota: 10 << 30
        )
    }

    @Test func whatIsAppendedIsRead() throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        let tokens = try ["first", "second"].map(Self.token)
        for token in tokens { try file.append(token) }
        #expect(try file.read().tokens == tokens)
        var status = stat()
        try #require(stat(file.path.string, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func aLineWithoutItsEndStaysALine() throws {
        let first = try Self.token("first")
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        try directory.write(Array("# by hand\r\n\n\(try first.line)".utf8), to: "tokens")
        try #require(chmod(file.path.string, 0o600) == 0)
        let second = try Self.token("second")
        try file.append(second)
        #expect(try file.read().tokens == [first, second])
    }

    /// As editors of other systems write them.
    @Test(arguments: ["\r\n", "\r", "\n"])
    func everyLineCountsHoweverItEnds(end: String) throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        let tokens = try ["first", "second"].map(Self.token)
        let lines = ["# by hand", try tokens[0].line, "", try tokens[1].line, "# the end", ""]
        try directory.write(Array(lines.joined(separator: end).utf8), to: "tokens")
        try #require(chmod(file.path.string, 0o600) == 0)
        #expect(try file.read().tokens == tokens)
        let third = try Self.token("third")
        try file.append(third)
        #expect(try file.read().tokens == tokens + [third])
        try file.revoke("first", at: Timestamp(milliseconds: 1_800_000_000_000))
        #expect(try file.read().tokens == [tokens[1], third])
        // The others' lines are what they were.
        let text = String(decoding: try directory.read("tokens"), as: UTF8.self)
        let revoked = "# revoked 2027-01-15T08:00:00Z: first"
        let rest = lines.map { $0 == lines[1] ? revoked : $0 }.joined(separator: end)
        #expect(text.utf8.elementsEqual((rest + (try third.line) + "\n").utf8), "\(text)")
        let error = #expect(throws: AccessError.self) { try TokenFile.parse(["# x", "y", "z"].joined(separator: end)) }
        #expect(error?.message.contains("line 2: ") == true && error?.message.contains("line 3: ") == true)
    }

    @Test func anIdIsGivenOnce() throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        let token = try Self.token("first")
        try file.append(token)
        #expect(throws: AccessError.self) { try file.append(try Self.token("first")) }
        #expect(try file.read().tokens == [token])
    }

    /// Half a line, as a full disk would leave it, would have the daemon refuse all tokens.
    @Test func whoHasTheFileOpenSeesItWhole() throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        try file.append(try Self.token("first"))
        let before = try directory.read("tokens")
        let opened = try FileDescriptor.open(file.path, .readOnly)
        try file.append(try Self.token("second"))
        let seen = try opened.closeAfter {
            try [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = try opened.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        #expect(seen == before)
        #expect(directory.names() == ["tokens"])
    }

    /// What is not written leaves nothing behind, and the file as it was.
    @Test func aFileThatCannotBeReplacedStays() throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        try file.append(try Self.token("first"))
        let before = try directory.read("tokens")
        try directory.makeDirectory("tokens.new")
        #expect(throws: AccessError.self) { try file.append(try Self.token("second")) }
        #expect(try directory.read("tokens") == before)
    }

    @Test(
        arguments: [
            (.resourceBusy, "is a mount of its own"), (.permissionDenied, "put into /etc/bucketd."),
            (.readOnlyFileSystem, "put into /etc/bucketd."), (.noSpace, nil),
        ] as [(Errno, String?)]
    )
    func whatKeepsAFileFromBeingReplacedIsNamed(error: Errno, reason: String?) {
        let refusal = TokenFile("/etc/bucketd/tokens").whyNotReplaced(error) as? AccessError
        #expect((refusal == nil) == (reason == nil))
        if let reason {
            #expect(refusal?.message.contains(reason) == true && refusal?.cause == error)
        }
    }

    /// Made by root for the daemon's user, it stays that user's.
    @Test(.requires(.root), arguments: [0o600, 0o440])
    func ownerGroupAndModeStay(mode: Int) throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        try file.append(try Self.token("first"))
        let owner: uid_t = mode == 0o440 ? 0 : 1
        try #require(chown(file.path.string, owner, 2) == 0 && chmod(file.path.string, mode_t(mode)) == 0)
        try file.append(try Self.token("second"))
        try file.revoke("first", at: Timestamp(milliseconds: 0))
        #expect(try file.read().tokens.map(\.id) == ["second"])
        var status = stat()
        try #require(stat(file.path.string, &status) == 0)
        #expect(status.st_uid == owner && status.st_gid == 2)
        #expect(status.st_mode & 0o777 == mode_t(mode))
    }

    /// As systemd hands credentials over: nobody may write them.
    @Test(arguments: [0o400, 0o440])
    func aCredentialMayBeRead(mode: Int) throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        try file.append(try Self.token("first"))
        try #require(chmod(file.path.string, mode_t(mode)) == 0)
        #expect(try file.read().tokens.map(\.id) == ["first"])
    }

    @Test func aRevokedTokenIsGoneAndTheRestStays() throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        let tokens = try ["first", "second", "third"].map(Self.token)
        try directory.write(Array("# by hand\n".utf8), to: "tokens")
        try #require(chmod(file.path.string, 0o600) == 0)
        for token in tokens { try file.append(token) }
        try file.revoke("second", at: Timestamp(milliseconds: 1_800_000_000_000))
        #expect(try file.read().tokens == [tokens[0], tokens[2]])
        let lines = String(decoding: try directory.read("tokens"), as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "# by hand")
        #expect(lines.contains("# revoked 2027-01-15T08:00:00Z: second"))
        var status = stat()
        try #require(stat(file.path.string, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(directory.names() == ["tokens"])
        #expect(throws: AccessError.self) { try file.revoke("second", at: Timestamp(milliseconds: 0)) }
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o620, 0o602, 0o460])
    func aFileThatIsOpenToOthersIsRefused(mode: Int) throws {
        let directory = try TemporaryDirectory()
        let file = TokenFile(directory.file("tokens"))
        try file.append(try Self.token("first"))
        try #require(chmod(file.path.string, mode_t(mode)) == 0)
        let error = #expect(throws: AccessError.self) { try file.read() }
        #expect(error?.message.contains("chmod 600") == true)
        #expect(throws: AccessError.self) { try file.append(try Self.token("second")) }
    }

    @Test func whatIsNoFileIsRefused() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: AccessError.self) { try TokenFile(directory.path).read() }
        let missing = #expect(throws: AccessError.self) { try TokenFile(directory.file("none")).read() }
        #expect(missing?.cause == .noSuchFileOrDirectory)
        let fifo = directory.file("fifo")
        try #require(mkfifo(fifo.string, 0o600) == 0)
        #expect(throws: AccessError.self) { try TokenFile(fifo).read() }
    }

    @Test(arguments: [
        ("{}", "id is missing."),
        ("[]", "A token is a JSON object."),
        ("x", "The line is no JSON object."),
        (#"{"id":"a","sha256":"\#(digest)","scopes":["upload"],"expire":"x"}"#, "There is no such key: expire."),
        (#"{"id":"a","sha256":"\#(digest)0","scopes":["upload"]}"#, "sha256 is 64 hexadecimal digits."),
        (
            #"{"id":"a","sha256":"\#(digest)","scopes":["write"]}"#,
            "“write” is no scope; there are upload, read, delete, admin."
        ),
        (#"{"id":"a","sha256":"\#(digest)","scopes":["upload"],"quota":"1"}"#, "quota is of another type."),
        (#"{"id":"a","sha256":"\#(digest)","scopes":["upload"],"quota":0}"#, "A quota is at least one byte."),
        (
            #"{"id":"a","sha256":"\#(digest)","scopes":["upload"],"expires":"soon"}"#,
            "expires is a time like 2027-01-31T12:00:00Z."
        ),
    ])
    func aBadLineIsNamedWithItsReason(line: String, reason: String) throws {
        let good = try Self.token("good").line
        let error = #expect(throws: AccessError.self) { try TokenFile.parse("\(good)\n\(line)\n") }
        #expect(error?.message == "line 2: \(reason)")
    }

    @Test func allBadLinesAreNamed() throws {
        let error = #expect(throws: AccessError.self) { try TokenFile.parse("x\n# y\nz") }
        #expect(error?.message == "line 1: The line is no JSON object.\nline 3: The line is no JSON object.")
    }
}
