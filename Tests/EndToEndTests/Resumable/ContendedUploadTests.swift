import IngestTesting
import Testing
import Threading

/// Uploads that several requests want at the same time, of which each ends the one before it.
@Suite(.timeLimit(.minutes(FaultScale.current.minutes))) struct ContendedUploadTests {
    /// An upload, and the highest offset that anybody was told.
    private final class Contended: Sendable {
        let path: String
        let content: RepeatedNoise
        private let highest = Locked(0)
        private let answers = Locked(0)

        init(path: String, content: RepeatedNoise) {
            self.path = path
            self.content = content
        }

        var told: Int { highest.withLock { $0 } }
        var answered: Int { answers.withLock { $0 } }

        /// Sends the bytes up to `end`.
        func request(for end: Int, from offset: Int) -> UploadDialect.Request {
            UploadDialect.tus.append(content.bytes(offset..<end)[...], to: path, at: offset, of: content.size)
        }

        func tell(_ offset: Int) {
            highest.withLock { $0 = max($0, offset) }
            answers.withLock { $0 += 1 }
        }
    }

    @Test func noOffsetThatWasToldIsTakenBackByAKill() async throws {
        var chance = SeededGenerator(seed: FaultScale.seed)
        let directory = try TemporaryDirectory()
        var daemon = try await DaemonProcess.start(in: directory, options: .init(arguments: ["--log-level", "info"]))
        var uploads: [Contended] = []
        for number in 0..<3 {
            let content = RepeatedNoise(seed: chance.next(), size: 64 << 20)
            let reply = try await daemon.send(UploadDialect.tus.creation(of: "c\(number)", length: content.size))
            let path = try #require(reply["Location"].flatMap(UploadDialect.path(ofLocation:)))
            uploads.append(Contended(path: path, content: content))
        }
        for life in 0..<FaultScale.current.contendedLives {
            let asked = uploads.map { _ in Signal() }
            let clients = self.clients(of: uploads, on: daemon, seed: chance.next(), asked)
            for signal in asked { await signal.wait() }
            // The point of the kill is meant to be random.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...100, using: &chance)))
            daemon.kill()
            await daemon.waitForExit()
            await clients.value
            daemon = try await daemon.restart()
            for upload in uploads {
                let reply = try await daemon.send(UploadDialect.tus.query(upload.path))
                let offset = try #require(reply["Upload-Offset"].flatMap { Int($0) })
                #expect(offset >= upload.told, "life \(life)")
                upload.tell(offset)
                let stored = try spoolFile(of: upload, in: daemon, offset)
                #expect(Array(stored.prefix(offset)) == upload.content.bytes(0..<offset), "life \(life)")
            }
        }
        #expect(uploads.allSatisfy { $0.told > 0 && $0.answered > FaultScale.current.contendedLives })
        for upload in uploads {
            #expect(try await daemon.send(upload.request(for: upload.content.size, from: upload.told)).status == 204)
        }
        for (number, upload) in uploads.enumerated() {
            let isWhole = try directory.read("bucket/c\(number)") == upload.content.bytes(0..<upload.content.size)
            #expect(isWhole)
        }
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private func spoolFile(of upload: Contended, in daemon: DaemonProcess, _ offset: Int) throws -> [UInt8] {
        guard offset > 0 else { return [] }
        return try daemon.directory.read("bucket.state/spool/\(upload.path.split(separator: "/").last ?? "")")
    }

    /// Of each upload two that send and one that only asks, until the daemon is dead.
    private func clients(
        of uploads: [Contended],
        on daemon: DaemonProcess,
        seed: UInt64,
        _ asked: [Signal]
    ) -> Task<Void, Never> {
        Task {
            await withTaskGroup(of: Void.self) { group in
                for (number, upload) in uploads.enumerated() {
                    for client in 0..<3 {
                        let chance = SeededGenerator(seed: seed &+ UInt64(number * 3 + client))
                        group.addTask { await run(upload, on: daemon, sends: client < 2, chance, asked[number]) }
                    }
                }
            }
        }
    }

    private func run(
        _ upload: Contended,
        on daemon: DaemonProcess,
        sends: Bool,
        _ seeded: SeededGenerator,
        _ asked: Signal
    ) async {
        var chance = seeded
        defer { asked.fire() }
        while true {
            let before = upload.told
            guard let reply = try? await daemon.send(UploadDialect.tus.query(upload.path)) else { return }
            guard let offset = reply["Upload-Offset"].flatMap({ Int($0) }) else {
                Issue.record("HEAD is answered with \(reply.status)")
                return
            }
            #expect(offset >= before)
            upload.tell(offset)
            if offset > 0 { asked.fire() }
            guard sends else { continue }
            // Never to the end: that is left to the last daemon.
            let end = min(offset + Int.random(in: 1...400_000, using: &chance), upload.content.size - 1)
            guard end > offset else { return }
            guard let answer = try? await daemon.send(upload.request(for: end, from: offset)) else { return }
            // Another may have been there first, or have ended this one.
            guard answer.status == 204, let told = answer["Upload-Offset"].flatMap({ Int($0) }) else { continue }
            upload.tell(told)
        }
    }
}
