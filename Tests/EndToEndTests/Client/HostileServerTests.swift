import Digests
import IngestTesting
import SystemPackage
import Testing
import Threading

/// `bucketctl` against servers that are not what they seem.
@Suite(.timeLimit(.minutes(1))) struct HostileServerTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("hello".utf8, to: "a.txt")
        try directory.makeDirectory("target")
    }

    private func path(_ name: String) -> String { directory.file(name).string }

    private func client(_ answer: @escaping @Sendable (String) -> String) throws -> (ClientProgram, ScriptedListener) {
        let server = try ScriptedListener { connection, _ in
            while case (let head, let rest) = connection.readHead(), !head.isEmpty {
                let size = head.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
                _ = connection.read(size, after: rest)
                connection.send(answer(head))
            }
        }
        return (try ClientProgram(directory, server: "http://127.0.0.1:\(server.port)"), server)
    }

    private static func answer(_ status: String, _ fields: String = "", _ body: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    private static func digest(of text: String) -> String {
        var digest = StreamingDigest(.sha256)
        digest.update(Array(text.utf8)[...])
        return "Repr-Digest: \(digest.finalize().fieldMember ?? "")\r\n"
    }

    @Test func anotherDigestIsAnError() async throws {
        let (client, server) = try client { _ in Self.answer("201 Created", Self.digest(of: "other")) }
        defer { withExtendedLifetime(server) {} }
        let complaint = try await client.complaint("put", path("a.txt"))
        #expect(complaint.contains("a.txt: The server stored SHA-256"), "\(complaint)")
        let (silent, other) = try self.client { _ in Self.answer("201 Created") }
        defer { withExtendedLifetime(other) {} }
        #expect(try await silent.complaint("put", path("a.txt")).contains("tells no digest"))
        let (reader, third) = try self.client { _ in Self.answer("200 OK", Self.digest(of: "other"), "hello") }
        defer { withExtendedLifetime(third) {} }
        #expect(try await reader.complaint("get", "x", "-o", path("target/x")).contains("What came has SHA-256"))
        #expect(directory.names(in: "target").isEmpty)
    }

    @Test(arguments: [
        "../evil", "in/../../evil", "/evil", "in//evil", "in/.", "in", "in/link/evil",
    ]) func noNameLeadsOutOfTheFolder(name: String) async throws {
        let (client, server) = try client { head in
            guard head.hasPrefix("GET /files?") else { return Self.answer("200 OK", "", "evil") }
            let body =
                #"{"files":[{"filename":"\#(name)","url":"/files/x","size":4,"uploadedAt":"","jobs":[]}],"next":null}"#
            return Self.answer("200 OK", "Content-Type: application/json\r\n", body)
        }
        defer { withExtendedLifetime(server) {} }
        try directory.makeDirectory("target/in")
        try #require(
            try await CommandLineTool.run("ln", ["-s", directory.path.string, path("target/in/link")]).status == 0
        )
        let before = directory.names()
        let outcome = try await client.run("get", "--recursive", "in", "-o", path("target"))
        #expect(outcome.status == 1, "\(outcome.outputText)")
        #expect(directory.names() == before)
        #expect(directory.names(in: "target") == ["in"] && directory.names(in: "target/in") == ["link"])
    }

    private static func listing(_ names: [String], next: String? = nil) -> String {
        let files = names.map { name in
            #"{"filename":"\#(name)","url":"/files/x","size":4,"uploadedAt":"","jobs":[]}"#
        }
        let cursor = next.map { "\"\($0)\"" } ?? "null"
        return answer(
            "200 OK",
            "Content-Type: application/json\r\n",
            #"{"files":[\#(files.joined(separator: ","))],"next":\#(cursor)}"#
        )
    }

    /// What a listing names is only taken, and only removed, below the directory that was asked for.
    @Test(arguments: ["profile", ".profile", "inner/evil", "in", "in\u{301}/evil", "in/.profile", "in/.ssh/evil"])
    func onlyWhatWasAskedForIsTaken(name: String) async throws {
        let removals = Locked(0)
        let (client, server) = try client { head in
            if head.hasPrefix("DELETE") { removals.withLock { $0 += 1 } }
            return head.hasPrefix("GET /files?") ? Self.listing(["in/good", name]) : Self.answer("200 OK", "", "evil")
        }
        defer { withExtendedLifetime(server) {} }
        let isBelow = name.hasPrefix("in/.")
        _ = try await client.complaint("get", "--recursive", "in", "-o", path("target"))
        #expect(directory.paths(below: "target") == (isBelow ? ["in/good"] : []))
        guard !isBelow else { return }
        #expect(try await client.complaint("rm", "--recursive", "in").contains("not asked for"))
        #expect(removals.withLock { $0 } == 0)
    }

    @Test func aFileOfTheSameCommandIsNotReplaced() async throws {
        let (client, server) = try client { head in
            guard head.hasPrefix("GET /files?") else { return Self.answer("200 OK", "", "evil") }
            return Self.listing([head.contains("prefix=a") ? "a/x/f" : "b/x/f"])
        }
        defer { withExtendedLifetime(server) {} }
        let complaint = try await client.complaint(
            "get",
            "--recursive",
            "a/x",
            "b/x",
            "-o",
            path("target"),
            "--force"
        )
        #expect(complaint.contains("b/x/f: Another file of this command"), "\(complaint)")
        #expect(try await client.complaint("get", "a/f", "b/f", "-o", path("target"), "--force").contains("become f"))
        #expect(directory.paths(below: "target") == ["x/f"])
    }

    @Test(arguments: [
        "203 Non-Authoritative Information", "204 No Content", "206 Partial Content",
    ]) func whatIsNoFileReplacesNone(status: String) async throws {
        let (client, server) = try client { _ in
            let body = status.hasPrefix("204") ? "" : "evil"
            return Self.answer(status, "Content-Range: bytes 0-3/4\r\n", body)
        }
        defer { withExtendedLifetime(server) {} }
        _ = try await client.complaint("get", "x", "-o", path("a.txt"), "--force")
        #expect(try directory.read("a.txt") == Array("hello".utf8))
    }

    @Test(arguments: ["bytes 5-6/10", "bytes 5-6/7", "bytes 4-5/10", "bytes 5-6/*", ""])
    func aPartThatIsShorterThanAskedIsNoFile(range: String) async throws {
        let server = try ScriptedListener { connection, number in
            let head = connection.readHead().head
            guard number > 0 else {
                connection.send("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 10\r\n\r\nhello")
                return
            }
            #expect(head.contains("Range: bytes=5-\r\n"), "\(head)")
            connection.send(Self.answer("206 Partial Content", "ETag: \"a\"\r\nContent-Range: \(range)\r\n", "wo"))
        }
        let client = try ClientProgram(directory, server: "http://127.0.0.1:\(server.port)")
        let complaint = try await client.complaint("get", "x", "-o", path("a.txt"), "--force", "--quiet")
        #expect(complaint.contains("not all of the file") || complaint.contains("another part"), "\(complaint)")
        #expect(try directory.read("a.txt") == Array("hello".utf8))
    }

    /// What an earlier run has sent is not given up for an answer that may be anybody's.
    @Test(arguments: [
        ("401 Unauthorized", "201 Created"), ("403 Forbidden", "201 Created"), ("404 Not Found", "404 Not Found"),
        ("404 Not Found", "403 Forbidden"), ("410 Gone", "502 Bad Gateway"), ("200 OK", "201 Created"),
        ("302 Found", "201 Created"), ("501 Not Implemented", "201 Created"),
    ]) func aWrongAnswerDoesNotEndAnUpload(asked: String, created: String) async throws {
        try directory.write(Content(seed: 1, size: 9_000_000).bytes, to: "large.bin")
        let heads = Locked<[String]>([])
        let (client, server) = try client { head in
            let isFirst = heads.withLock { heads in
                heads.append(head)
                return heads.count == 1
            }
            if head.hasPrefix("HEAD") { return "HTTP/1.1 \(asked)\r\n\r\n" }
            if head.hasPrefix("PATCH") { return Self.answer("503 Service Unavailable") }
            return Self.answer(isFirst ? "201 Created" : created, "Location: /uploads/1\r\n")
        }
        defer { withExtendedLifetime(server) {} }
        let put = ["put", path("large.bin"), "--retries", "0"]
        #expect(try await client.run(put).errorText.contains("is kept"))
        let record = "client-state/bucketctl/" + (try #require(directory.names(in: "client-state/bucketctl").first))
        let kept = try directory.read(record)
        #expect(!kept.isEmpty)
        #expect(try await client.run(put).status == 1)
        #expect(try directory.read(record) == kept)
        #expect(heads.withLock { $0.allSatisfy { !$0.hasPrefix("DELETE") } })
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let heads = Locked<[String]>([])
        let (other, server) = try client { head in
            heads.withLock { $0.append(head) }
            return Self.answer("200 OK")
        }
        _ = other
        let port = server.port
        var (client, redirecting) = try client { _ in
            Self.answer("302 Found", "Location: http://127.0.0.1:\(port)/files\r\n")
        }
        defer { withExtendedLifetime(redirecting) {} }
        client.environment["BUCKETCTL_TOKEN"] = "secret"
        #expect(try await client.complaint("ls").contains("302"))
        #expect(heads.withLock { $0 }.isEmpty)
    }

    @Test(arguments: ["503 Service Unavailable", "429 Too Many Requests", "409 Conflict"])
    func whatTheServerAsksToWaitIsWaited(status: String) async throws {
        let count = Locked(0)
        let (client, server) = try client { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number < 3
                ? Self.answer(status, "Retry-After: 1\r\n")
                : Self.answer("201 Created", Self.digest(of: "hello"))
        }
        defer { withExtendedLifetime(server) {} }
        let outcome = try await client.run("put", path("a.txt"))
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(outcome.errorText.split(separator: "\n").count == 2)
        #expect(outcome.errorText.contains("Trying again in 1"))
        #expect(count.withLock { $0 } == 3)
    }

    @Test(arguments: ["no json", "[]", #"{"files": 1}"#]) func whatIsNoListingIsTold(body: String) async throws {
        let (client, server) = try client { _ in Self.answer("200 OK", "", body) }
        defer { withExtendedLifetime(server) {} }
        #expect(try await client.complaint("ls").contains("did not answer as a bucketd does"))
    }

    @Test func aListingThatGoesRoundEnds() async throws {
        let (client, server) = try client { _ in Self.answer("200 OK", "", #"{"files":[],"next":"a"}"#) }
        defer { withExtendedLifetime(server) {} }
        #expect(try await client.complaint("ls").contains("round in circles"))
    }

    /// Cursors are in the order of the paths that they stand for.
    @Test func aListingThatGoesBackEnds() async throws {
        let (client, server) = try client { head in
            if head.contains("after=b~20") { return Self.listing(["c"], next: "a") }
            return head.contains("after=") ? Self.listing(["b "], next: "b~20") : Self.listing(["b"], next: "b")
        }
        defer { withExtendedLifetime(server) {} }
        let outcome = try await client.run("ls")
        #expect(outcome.outputText == "b\nb \n" && outcome.errorText.contains("round in circles"))
    }

    @Test func whatWasChangedBehindTheServerIsDifferent() async throws {
        let (client, server) = try client { head in
            guard head.hasPrefix("GET /files?") else { return Self.answer("200 OK", "", "evil!") }
            let file = #"{"filename":"a.txt","url":"/files/a.txt","size":5,"uploadedAt":"","changedOutside":true}"#
            return Self.answer("200 OK", "", #"{"files":[\#(file)],"next":null}"#)
        }
        defer { withExtendedLifetime(server) {} }
        let remote = try await client.run("verify")
        #expect(remote.status == 1 && remote.outputText == "different\ta.txt\n", "\(remote.outputText)")
        try directory.makeDirectory("copy")
        try directory.write("hello".utf8, to: "copy/a.txt")
        let local = try await client.run("verify", path("copy"))
        #expect(local.status == 1 && local.outputText == "different\ta.txt\n", "\(local.outputText)")
    }
}
