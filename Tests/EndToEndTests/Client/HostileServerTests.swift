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
}
