import Digests
import IngestTesting
import SystemPackage
import Testing

/// A large upload that is cut off again and again, by its client and by the end of the server.
@Suite(.timeLimit(.minutes(FaultScale.current.minutes))) struct ResumptionTests {
    private static let cuts = 50
    private static let cutsOfALife = 10

    /// How a client ends a request.
    private enum Cut: CaseIterable {
        /// FIN, and it reads the answer.
        case halfClose
        case close
        case reset
        /// Not at all: the next request ends this one.
        case none
    }

    @Test func anUploadThatIsCutFiftyTimesIsWhole() async throws {
        let seed = FaultScale.seed
        var chance = SeededGenerator(seed: seed)
        let content = RepeatedNoise(seed: seed, size: FaultScale.current.resumedBytes)
        let targets = (0..<Self.cuts).map { _ in Int.random(in: 0..<content.size, using: &chance) }.sorted()
        let directory = try TemporaryDirectory()
        var daemon = try await DaemonProcess.start(in: directory, options: .init(arguments: ["--log-level", "info"]))
        let dialect = UploadDialect.tus
        let begun = try await daemon.send(dialect.creation(of: "large", length: content.size))
        let upload = try #require(begun["Location"].flatMap(UploadDialect.path(ofLocation:)))
        var (told, kept, sent) = (0, 0, 0)
        var connection: LoopbackClient?
        for (number, target) in targets.enumerated() {
            let place: Comment = "cut \(number) at \(target), seed \(seed)"
            let offset = try await self.offset(of: upload, on: daemon, place)
            #expect((told...max(told, sent)).contains(offset), "\(place): \(offset) after \(told)")
            kept += offset > told ? 1 : 0
            told = offset
            if target > offset {
                let cut = Cut.allCases.randomElement(using: &chance) ?? .reset
                let client = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(60))
                // One that is not ended stays open until the next takes its place.
                connection = client
                try await send(content, offset..<target, of: upload, by: client)
                sent = max(sent, target)
                try await end(client, by: cut)
            }
            if number % Self.cutsOfALife == Self.cutsOfALife - 1 {
                daemon = try await restarted(daemon, isKilled: number / Self.cutsOfALife % 2 == 0)
            }
        }
        connection?.close()
        let offset = try await self.offset(of: upload, on: daemon, "at the end")
        #expect((told...max(told, sent)).contains(offset), "\(offset) after \(told)")
        let last = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(300))
        try await send(content, offset..<content.size, of: upload, by: last)
        #expect(try await last.readReply().status == 204)
        try await expectWhole(content, daemon)
        print("\(content.size) bytes, \(Self.cuts) cuts, \(kept) of which left more than before; seed \(seed)")
        #expect(kept > 5)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private func offset(of upload: String, on daemon: DaemonProcess, _ place: Comment) async throws -> Int {
        let reply = try await daemon.send(UploadDialect.tus.query(upload))
        #expect(reply.status == 200, place)
        return try #require(reply["Upload-Offset"].flatMap { Int($0) }, place)
    }

    /// Says that all the rest will come, and sends a part of it.
    private func send(_ content: RepeatedNoise, _ range: Range<Int>, of upload: String, by client: LoopbackClient)
        async throws
    {
        let request = UploadDialect.tus.append([], to: upload, at: range.lowerBound, of: content.size)
        let length = content.size - range.lowerBound
        try await client.send(LoopbackClient.head("PATCH", upload, headers: request.fields, length: length))
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
            try await client.send(content.bytes(start..<min(start + 1 << 20, range.upperBound)))
        }
    }

    private func end(_ client: LoopbackClient, by cut: Cut) async throws {
        switch cut {
        case .halfClose:
            try client.finishSending()
            _ = try await client.readToEnd()
        case .close: client.close()
        case .reset: client.reset()
        case .none: break
        }
    }

    private func restarted(_ daemon: DaemonProcess, isKilled: Bool) async throws -> DaemonProcess {
        if isKilled {
            daemon.kill()
        } else {
            daemon.terminate()
        }
        await daemon.waitForExit()
        return try await daemon.restart()
    }

    private func expectWhole(_ content: RepeatedNoise, _ daemon: DaemonProcess) async throws {
        var digest = StreamingDigest(.sha256)
        let file = try FileDescriptor.open(daemon.bucket.appending("large"), .readOnly, options: .closeOnExec)
        try file.closeAfter {
            for start in stride(from: 0, to: content.size, by: 1 << 20) {
                let expected = content.bytes(start..<min(start + 1 << 20, content.size))
                var found = [UInt8](repeating: 0, count: expected.count)
                let count = try found.withUnsafeMutableBytes {
                    try file.read(fromAbsoluteOffset: Int64(start), into: $0)
                }
                try #require(count == expected.count && found == expected, "other bytes from \(start) on")
                digest.update(found[...])
            }
        }
        #expect(daemon.directory.names(in: "bucket") == ["large"])
        #expect(daemon.directory.names(in: "bucket.state/spool").isEmpty)
        let files = try await daemon.settledFiles()
        #expect(files.map(\.size) == [content.size])
        #expect(files.map(\.sha256) == [digest.finalize().hex])
    }
}

/// Bytes of any number, of which no long part is like another that lies near.
struct RepeatedNoise {
    let size: Int
    /// Of a prime length: what is moved by whole blocks is other bytes.
    private let noise: [UInt8]

    init(seed: UInt64, size: Int) {
        self.size = size
        noise = Array(Content(seed: seed, size: 1_048_573).bytes.suffix(1_048_573))
    }

    func bytes(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var place = range.lowerBound % noise.count
        while bytes.count < range.count {
            let part = noise[place...].prefix(range.count - bytes.count)
            bytes += part
            place = 0
        }
        return bytes
    }
}
