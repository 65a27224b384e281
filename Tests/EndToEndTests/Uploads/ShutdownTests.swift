import Glibc
import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct ShutdownTests {
    @Test func aStopWaitsForUploadsInFlight() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let content = Content(seed: 3, size: 300_000).bytes
        try await client.send(LoopbackClient.head("PUT", "/files/slow", length: content.count))
        try await client.send(Array(content[..<100_000]))
        try await daemon.waitForSpool(in: directory)
        daemon.terminate()
        _ = await daemon.process.firstLine { $0.contains("stopping") ? $0 : nil }
        while try await LoopbackClient.request("GET", "/files", to: daemon.address).status != 503 {
            try Task.checkCancellation()
        }
        try await client.send(Array(content[100_000...]))
        #expect(try await client.readReply().status == 201)
        #expect(await daemon.waitForExit() == 0)
        #expect(try directory.read("bucket/slow") == content)
    }

    /// The stop comes in the middle of its head.
    @Test func theFirstUploadOfAConnectionIsTakenThoughTheStopWasFirst() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let head = Array(LoopbackClient.head("PUT", "/files/late", length: 3).utf8)
        try await client.send(Array(head[..<20]))
        // Connections are accepted one after the other: the client's was before this one.
        #expect(try await daemon.request("GET", "/healthz").status == 200)
        daemon.terminate()
        _ = await daemon.process.firstLine { $0.contains("stopping") ? $0 : nil }
        while try await LoopbackClient.request("GET", "/files", to: daemon.address).status != 503 {
            try Task.checkCancellation()
        }
        try await client.send(Array(head[20...]) + [1, 2, 3])
        let reply = try await client.readReply()
        #expect(reply.status == 201)
        #expect(reply["Connection"] == "close")
        #expect(await daemon.waitForExit() == 0)
        #expect(try directory.read("bucket/late") == [1, 2, 3])
    }

    @Test func aStopCutsWhatDoesNotEnd() async throws {
        let directory = try TemporaryDirectory()
        let options = DaemonProcess.Options(settings: "shutdownTimeout: 1s\n")
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        try await client.send(LoopbackClient.head("PUT", "/files/never", length: 1_000_000))
        try await client.send([UInt8](repeating: 1, count: 100_000))
        try await daemon.waitForSpool(in: directory)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        #expect(directory.names(in: "bucket").isEmpty)
        let again = try await daemon.restart()
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        again.kill()
    }

    /// Also by one that arrives before the services run, and by one more on top of it.
    @Test func aStopRightAfterTheStartIsGraceful() async throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<5 {
            let daemon = try await DaemonProcess.start(in: directory)
            daemon.terminate()
            daemon.terminate()
            #expect(await daemon.waitForExit() == 0)
        }
    }

    @Test func aHangUpIsSurvived() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        daemon.process.signal(SIGHUP)
        #expect(try await daemon.request("PUT", "/files/still", body: [1]).status == 201)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    @Test func aSecondDaemonOnTheBucketIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let other = directory.file("other.state").string
        let second = try await DaemonProcess.launch(
            in: directory,
            options: DaemonProcess.Options(settings: "state: \(other)\n")
        )
        #expect(await second.waitForExit() != 0)
        #expect(second.output.contains("Another bucketd"), "\(second.output)")
        #expect(try await daemon.request("PUT", "/files/still", body: [1]).status == 201)
    }
}

extension DaemonProcess {
    /// Waits until an upload has begun to be written.
    func waitForSpool(in directory: TemporaryDirectory) async throws {
        while directory.names(in: "bucket.state/spool").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}
