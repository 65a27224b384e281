import IngestTesting
import Logging
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1))) struct SystemdWatchdogTests {
    private static let names = ["http", "disk", "ledger", "jobs"]

    private let receiver: DatagramReceiver
    private let notifier: SystemdNotifier

    init() throws {
        let receiver = try DatagramReceiver(abstract: true)
        self.receiver = receiver
        notifier = try #require(
            SystemdNotifier { ["NOTIFY_SOCKET": receiver.address, "WATCHDOG_USEC": "30000"][$0] }
        )
    }

    private func signs() throws -> Int {
        var count = 0
        while true {
            do {
                #expect(try receiver.next() == "WATCHDOG=1")
                count += 1
            } catch is DatagramReceiver.Empty {
                return count
            }
        }
    }

    /// The part hangs when it is asked for the second time, and answers once it is told to.
    @Test(arguments: names)
    func aPartThatHangsEndsTheSignsUntilItAnswers(name: String) async throws {
        let (asked, ask) = AsyncStream.makeStream(of: Int.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let (lines, log) = AsyncStream.makeStream(of: String.self)
        let count = Counter()
        let parts = Self.names.map { part in
            WatchedPart(part) {
                guard part == name else { return }
                let number = await count.next()
                ask.yield(number)
                guard number == 2 else { return }
                for await _ in released { return }
            }
        }
        let logger = Logger(label: "test") { _ in
            JournalLogHandler(level: .info, style: .journal) { log.yield($0) }
        }
        let watchdog = try #require(SystemdWatchdog(notifier: notifier, logger: logger, parts: parts) { true })
        let running = Task { try await watchdog.run() }
        // On a slow machine the first round may be reported too.
        for await line in lines {
            guard await count.value == 2 else { continue }
            #expect(line.hasPrefix("<3>no sign of life: parts of the daemon do not answer watchdog.silent="))
            if line.contains(name) { break }
        }
        // One sign, of the first round.
        #expect(try signs() == 1)
        release.yield()
        // What is asked next comes after the sign of the round that ended.
        for await number in asked where number == 3 { break }
        #expect(try signs() >= 1)
        running.cancel()
        try await running.value
    }

    @Test func aWatchdogThatIsStoppedWaitsForNoPart() async throws {
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let part = WatchedPart("disk") {
            ask.yield()
            for await _ in released { return }
        }
        let watchdog = try #require(
            SystemdWatchdog(
                notifier: notifier,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                parts: [part]
            ) { true }
        )
        let running = Task { try await watchdog.run() }
        for await _ in asked { break }
        running.cancel()
        try await running.value
        #expect(try signs() == 0)
        release.yield()
    }
}

private actor Counter {
    private(set) var value = 0
    func next() -> Int {
        value += 1
        return value
    }
}
