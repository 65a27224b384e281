import Glibc
import IngestTesting
import Logging
import ServiceLifecycle
import Telemetry
import Testing

@Suite struct SystemdTests {
    @Test(arguments: [false, true], ["/run/x", "@/org/x"])
    func nobodyIsNotifiedUnlessAskedTo(named: Bool, address: String) {
        #expect((SystemdNotifier { named && $0 == "NOTIFY_SOCKET" ? address : nil } != nil) == named)
    }

    @Test func aReceiverThatIsGoneIsAnError() throws {
        let notifier = try #require(SystemdNotifier { $0 == "NOTIFY_SOCKET" ? "/nonexistent/notify" : nil })
        let error = #expect(throws: SystemdError.self) { try notifier.ready(status: "x") }
        #expect(error?.errno == ENOENT)
    }

    @Test(arguments: [true, false])
    func messagesArriveAsDatagrams(abstract: Bool) throws {
        let receiver = try DatagramReceiver(abstract: abstract)
        let notifier = try #require(SystemdNotifier { $0 == "NOTIFY_SOCKET" ? receiver.address : nil })
        try notifier.ready(status: "listening\nREADY=0")
        #expect(try receiver.next() == "READY=1\nSTATUS=listening READY=0")
        try notifier.reloading(status: "reading")
        let reloading = try receiver.next().split(separator: "\n")
        #expect(reloading.first == "RELOADING=1" && reloading.last == "STATUS=reading")
        // Of the clock that the service manager compares it with.
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let time = try #require(reloading.dropFirst().first?.split(separator: "=").last.flatMap { Int($0) })
        #expect((1...(now.tv_sec + 1) * 1_000_000).contains(time) && time > (now.tv_sec - 60) * 1_000_000)
        try notifier.stopping(status: "draining")
        #expect(try receiver.next() == "STOPPING=1\nSTATUS=draining")
        try notifier.status("3 uploads")
        #expect(try receiver.next() == "STATUS=3 uploads")
    }

    @Test func theWatchdogIsForTheProcessItNames() {
        func timeout(process: String?) -> Duration? {
            SystemdNotifier { name in
                switch name {
                case "NOTIFY_SOCKET": "@x"
                case "WATCHDOG_USEC": "30000000"
                case "WATCHDOG_PID": process
                default: nil
                }
            }?.watchdogTimeout
        }
        #expect(timeout(process: "\(getpid())") == .seconds(30))
        #expect(timeout(process: nil) == .seconds(30))
        #expect(timeout(process: "1") == nil)
    }

    @Test(.timeLimit(.minutes(1))) func onlyAHealthyDaemonGivesSignsOfLife() async throws {
        let receiver = try DatagramReceiver(abstract: true)
        let notifier = try #require(
            SystemdNotifier { ["NOTIFY_SOCKET": receiver.address, "WATCHDOG_USEC": "3000"][$0] }
        )
        let (checks, check) = AsyncStream.makeStream(of: Int.self)
        let count = Counter()
        let watchdog = try #require(
            SystemdWatchdog(notifier: notifier, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
                let number = await count.next()
                check.yield(number)
                return number == 2
            }
        )
        let running = Task { try await watchdog.run() }
        for await number in checks where number == 4 { break }
        running.cancel()
        try await running.value
        #expect(try receiver.next() == "WATCHDOG=1")
        #expect(throws: DatagramReceiver.Empty.self) { try receiver.next() }
    }

    @Test func socketsAreNumberedFromThree() throws {
        let environment = ["LISTEN_PID": "77", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "public:"]
        let sockets = try SystemdSockets(environment: { environment[$0] }, process: 77).sockets
        #expect(sockets.map(\.descriptor) == [3, 4, 5])
        #expect(sockets.map(\.name) == ["public", "unknown", "unknown"])
    }

    @Test func socketsOfAnotherProcessAreNotOurs() throws {
        let environment = ["LISTEN_PID": "78", "LISTEN_FDS": "1"]
        #expect(try SystemdSockets(environment: { environment[$0] }, process: 77).sockets.isEmpty)
    }

    @Test(arguments: ["-1", "x", "4000000000", ""])
    func aWrongNumberOfSocketsIsRefused(count: String) {
        let environment = ["LISTEN_PID": "77", "LISTEN_FDS": count]
        #expect(throws: SystemdError.self) { try SystemdSockets(environment: { environment[$0] }, process: 77) }
    }

    @Test func theJournalsStreamIsKnownByDeviceAndInode() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        var status = stat()
        try #require(fstat(ends[1], &status) == 0)
        let ours = "\(status.st_dev):\(status.st_ino)"
        #expect(LogStyle.forDescriptor(ends[1]) { _ in ours } == .journal)
        #expect(LogStyle.forDescriptor(ends[1]) { _ in "1:2" } == .terminal)
        #expect(LogStyle.forDescriptor(ends[1]) { _ in nil } == .terminal)
    }
}

private actor Counter {
    private var value = 0
    func next() -> Int {
        value += 1
        return value
    }
}
