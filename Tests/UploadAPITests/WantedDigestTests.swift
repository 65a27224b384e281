import Digests
import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

/// Which digests are told, and to whom.
@Suite struct WantedDigestTests {
    private let service = TestService()

    private func digest(_ algorithm: DigestAlgorithm, of text: String = "hello") throws -> String {
        try #require(MemoryBucket.digest(algorithm, of: Array(text.utf8)).fieldMember)
    }

    private var md5: String { get throws { try digest(.md5) } }
    private var sha256: String { get throws { try digest(.sha256) } }

    static let wants: [(String?, DigestAlgorithm?)] = [
        (nil, .sha256), ("md5=1", .md5), ("md5=1, sha-512=10", .md5), ("sha-256=1, md5=2, crc32c=3", .crc32c),
        ("md5=3, crc32c=3", .md5), ("sha-256=3, md5=3", .sha256), ("sha-512=10", .sha256), ("md5=0", .sha256),
        ("sha-256=0", nil), ("sha-256=0, sha-512=9", nil), ("sha-256=0, md5=1", .md5), ("md5=11", .sha256),
        ("md5=-1", .sha256), ("md5=1.5", .sha256), ("md5=1, !", .sha256), ("", .sha256), ("foo=10, crc32c=1", .crc32c),
    ]

    @Test(arguments: wants)
    func theMostWantedOneThatIsKnownIsTold(wanted: String?, told: DigestAlgorithm?) async throws {
        service.bucket.add("a")
        service.bucket.recordDigests([.md5, .crc32c], of: "a")
        let fields = wanted.map { ["Want-Repr-Digest": $0] } ?? [:]
        let expected = try told.map { try digest($0) }
        for method in [HTTPRequest.Method.get, .head] {
            let reply = await service.send(method, "/files/a", fields)
            #expect(reply["Repr-Digest"] == expected)
            #expect(reply["Content-Digest"] == nil)
        }
    }

    /// RFC 9530 section 3: it is that of the selected representation, whatever part of it is sent.
    @Test func aPartComesWithTheDigestOfTheWhole() async throws {
        service.bucket.add("a")
        service.bucket.recordDigests([.md5], of: "a")
        let fields = ["Range": "bytes=1-2", "Want-Repr-Digest": "md5=1", "Want-Content-Digest": "sha-256=1"]
        let part = await service.send(.get, "/files/a", fields)
        #expect(part.status == 206)
        #expect(try part["Repr-Digest"] == md5)
        #expect(part["Content-Digest"] == nil)
        let tag = try #require(part["ETag"])
        let unchanged = await service.send(.get, "/files/a", ["If-None-Match": tag])
        #expect(unchanged.status == 304)
        #expect(try unchanged["Repr-Digest"] == sha256)
        #expect(await service.send(.get, "/files/a", ["Range": "bytes=9-"])["Repr-Digest"] == nil)
    }

    @Test func contentThatIsTheWholeFileHasItsDigest() async throws {
        service.bucket.add("a")
        service.bucket.recordDigests([.md5], of: "a")
        let reply = await service.send(.get, "/files/a", ["Want-Content-Digest": "md5=1"])
        #expect(try reply["Content-Digest"] == md5)
        #expect(try reply["Repr-Digest"] == sha256)
        // The content of an answer to HEAD is empty.
        #expect(await service.send(.head, "/files/a", ["Want-Content-Digest": "md5=1"])["Content-Digest"] == nil)
    }

    @Test func nothingIsToldOfAFileThatWasChanged() async {
        service.bucket.add("a")
        service.bucket.recordDigests([.md5], of: "a")
        service.bucket.touch("a")
        service.bucket.add("b")
        service.bucket.setState(.corrupt, of: "b")
        service.bucket.addForeign(Array("c".utf8))
        for name in ["a", "b", "c"] {
            let fields = ["Want-Repr-Digest": "md5=1", "Want-Content-Digest": "md5=1"]
            let reply = await service.send(.get, "/files/\(name)", fields)
            #expect(reply.status == 200)
            #expect(reply["Repr-Digest"] == nil)
            #expect(reply["Content-Digest"] == nil)
        }
        let listing = await service.send(.get, "/files").text
        #expect(!listing.contains("digests"))
    }

    @Test func recordedDigestsAreListed() async {
        service.bucket.add("a")
        let before = await service.send(.get, "/files").text
        #expect(!before.contains("digests"))
        service.bucket.recordDigests([.crc32c, .md5], of: "a")
        let digests = #""digests":{"md5":"5d41402abc4b2a76b9719d911017c592","crc32c":"9a71bb4c"},"uploadedAt""#
        let listing = await service.send(.get, "/files").text
        #expect(listing.contains(digests), "\(listing)")
    }

    @Test func anUploadIsAnsweredWithItsDigest() async throws {
        let created = await service.send(.put, "/files/a", body: "hello")
        #expect(created.status == 201)
        #expect(try created["Repr-Digest"] == sha256)
        let replaced = await service.send(.put, "/files/a", ["Content-MD5": "aWnTCD0Qbk8yLcbvdyGjWw=="], body: "other")
        #expect(replaced.status == 400)
        let other = try digest(.md5, of: "other")
        let fields = ["Repr-Digest": other, "Want-Repr-Digest": "md5=9, sha=10"]
        let again = await service.send(.put, "/files/a", fields, body: "other")
        #expect(again.status == 204)
        #expect(again["Repr-Digest"] == other)
        #expect(again["ETag"]?.hasPrefix("\"") == true)
        // What was computed for the sender is recorded.
        let read = await service.send(.head, "/files/a", ["Want-Repr-Digest": "md5=1"])
        #expect(read["Repr-Digest"] == other)
        let unwanted = await service.send(.put, "/files/a", ["Want-Repr-Digest": "sha-256=0"], body: "x")
        #expect(unwanted["Repr-Digest"] == nil)
    }

    @Test func aFormOfOneFileIsAnsweredWithItsDigest() async throws {
        for (target, status) in [("/files", 201), ("/upload-file", 200)] {
            let one = await service.send(.post, target, Form.type, chunks: [Form().file("a", "hello").bytes])
            #expect(one.status == status)
            #expect(try one["Repr-Digest"] == sha256)
            #expect(one["ETag"] == "\"\(MemoryBucket.digest(of: Array("hello".utf8)).hexadecimal)\"")
            let two = await service.send(.post, target, Form.type, chunks: [Form().file("a", "1").file("b", "2").bytes])
            #expect(two.status == status)
            #expect(two["Repr-Digest"] == nil)
            #expect(two["ETag"] == nil)
        }
    }
}
