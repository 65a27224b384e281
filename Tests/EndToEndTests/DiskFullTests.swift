import Glibc
import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct DiskFullTests {
    /// A small filesystem of its own below a directory, gone with it.
    private final class SmallFilesystem {
        let directory: TemporaryDirectory
        private let path: FilePath

        init(options: String) async throws {
            directory = try TemporaryDirectory()
            path = directory.path
            let outcome = try await CommandLineTool.run("mount", ["-t", "tmpfs", "-o", options, "none", path.string])
            try #require(outcome.status == 0, "\(outcome.errorText)")
        }

        deinit {
            umount2(path.string, Int32(MNT_DETACH))
        }
    }

    private let settings = "limits:\n  minFreeSpace: 0\n"

    /// Whatever runs out in the middle of an upload: 507, and the space is back at once.
    @Test(.requires(.root))
    func aFullDiskIsToldAndGivenBack() async throws {
        let small = try await SmallFilesystem(options: "size=8m")
        let directory = small.directory
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        for _ in 0..<3 {
            let client = try await LoopbackClient.connect(to: daemon.address)
            defer { client.close() }
            let chunked = LoopbackClient.head("PUT", "/files/big", headers: [("Transfer-Encoding", "chunked")])
            try? await client.send(chunked)
            let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 7, count: 1 << 20) + Array("\r\n".utf8)
            for _ in 0..<12 {
                try? await client.send(chunk)
            }
            #expect(try await client.readReply().status == 507)
            #expect(directory.names(in: "bucket").isEmpty)
            #expect(directory.names(in: "bucket.state/spool").isEmpty)
            #expect(try await daemon.request("PUT", "/files/small", body: [1]).status == 201)
            #expect(try await daemon.request("DELETE", "/files/small").status == 204)
        }
        let declared = try await daemon.request("PUT", "/files/big", body: [UInt8](repeating: 1, count: 16 << 20))
        #expect(declared.status == 507)
    }

    @Test(.requires(.root))
    func noInodesLeftIsToldAndWhatIsThereIsServed() async throws {
        let small = try await SmallFilesystem(options: "size=64m,nr_inodes=40")
        let directory = small.directory
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
        var statuses: [Int] = []
        for number in 0..<45 {
            statuses.append(try await daemon.request("PUT", "/files/f\(number)", body: [1]).status)
        }
        #expect(statuses.first == 201)
        #expect(statuses.last == 507)
        #expect(try await daemon.request("PUT", "/files/one", body: [1]).text.contains("/problems/no-inodes"))
        #expect(try await daemon.request("GET", "/files/f0").body == [1])
        let stored = statuses.count { $0 == 201 }
        #expect(directory.names(in: "bucket").count == stored)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
    }
}
