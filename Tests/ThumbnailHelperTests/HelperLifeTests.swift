import Glibc
import PostProcessing
import SystemPackage
import Testing
import ThumbnailWire

extension BuiltHelperTests {
    @Suite struct HelperLifeTests {
        /// Takes long enough to be interrupted on any machine.
        private static func slowImage(_ scratch: Scratch) async throws -> FilePath {
            try await scratch.encodeNoise(4000, 3000, as: "slow.jpg[interlace,Q=95]")
        }

        @Test(.timeLimit(.minutes(1)))
        func aHelperTellsItsIsolationAndHasOneThread() async throws {
            try await Rendering.with { rendering in
                let isolation = try await rendering.helpers.start()
                #expect(isolation.limits && isolation.systemCallFilter)
                let pid = try #require(rendering.starts.pids.first)
                #expect(ProcessTree.threads(of: pid) == 1)
                try await rendering.expectGoodImageRenders()
                #expect(ProcessTree.threads(of: pid) == 1)
                #expect(ProcessTree.children(of: pid).isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func anIdleHelperThatWasKilledIsReplacedUnnoticed() async throws {
            try await Rendering.with { rendering in
                try await rendering.helpers.start()
                kill(try #require(rendering.starts.pids.first), SIGKILL)
                try await rendering.expectGoodImageRenders()
                #expect(Set(rendering.starts.pids).count == 2)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aHelperKilledAtWorkIsACrashAndReplaced() async throws {
            try await Rendering.with { rendering in
                let path = try await Self.slowImage(rendering.scratch)
                try await rendering.helpers.start()
                let pid = try #require(rendering.starts.pids.first)
                let rendered = Task { try await rendering.render(path) }
                let child = await ProcessTree.firstChild(of: pid)
                kill(pid, SIGKILL)
                let error = await #expect(throws: ThumbnailHelperError.self) { try await rendered.value }
                #expect(error?.code == .crashed)
                while ProcessTree.exists(child) {
                    await Task.yield()
                }
                try await rendering.expectGoodImageRenders()
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: [SIGSEGV, SIGKILL])
        func aDecoderThatDiesIsReportedWithItsCause(signal: CInt) async throws {
            try await Rendering.with { rendering in
                let path = try await Self.slowImage(rendering.scratch)
                try await rendering.helpers.start()
                let pid = try #require(rendering.starts.pids.first)
                let rendered = Task { try await rendering.render(path) }
                kill(await ProcessTree.firstChild(of: pid), signal)
                let error = await #expect(throws: ThumbnailHelperError.self) { try await rendered.value }
                #expect(error?.code == (signal == SIGKILL ? .memory : .crashed))
                #expect(error?.signal == (signal == SIGKILL ? nil : Int(signal)))
                try await rendering.expectGoodImageRenders()
                #expect(rendering.starts.pids == [pid])
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func cancellingEndsTheDecoderAndKeepsTheHelper() async throws {
            try await Rendering.with { rendering in
                let path = try await Self.slowImage(rendering.scratch)
                try await rendering.helpers.start()
                let pid = try #require(rendering.starts.pids.first)
                let task = Task { try await rendering.render(path) }
                _ = await ProcessTree.firstChild(of: pid)
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                try await rendering.expectGoodImageRenders()
                #expect(rendering.starts.pids == [pid])
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func whoWaitsForAHelperCanBeCancelled() async throws {
            try await Rendering.with { rendering in
                let path = try await Self.slowImage(rendering.scratch)
                try await rendering.helpers.start()
                let running = Task { try await rendering.render(path) }
                _ = await ProcessTree.firstChild(of: try #require(rendering.starts.pids.first))
                let waiting = Task { try await rendering.render(path) }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                #expect(try await running.value.outcome.isRendered)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func manyRendersShareFewHelpers() async throws {
            try await Rendering.with {
                $0.workers = 2
            } _: { rendering in
                let path = try await rendering.scratch.encode(.marked(), as: "a.jpg")
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<30 {
                        group.addTask { try await rendering.render(path).outcome.isRendered }
                    }
                    for try await isRendered in group {
                        #expect(isRendered)
                    }
                }
                #expect((1...2).contains(rendering.starts.pids.count))
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aHelperIsReplacedAfterItsShareOfImages() async throws {
            try await Rendering.with {
                $0.imagesPerHelper = 3
            } _: { rendering in
                let path = try await rendering.scratch.encode(.marked(), as: "a.jpg")
                try await rendering.helpers.start()
                for _ in 0..<7 {
                    #expect(try await rendering.render(path).outcome.isRendered)
                }
                #expect(Set(rendering.starts.pids).count == 3)
                #expect(rendering.starts.pids.filter(ProcessTree.exists).count == 1)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aShutdownEndsEverything() async throws {
            try await Rendering.with { rendering in
                let path = try await Self.slowImage(rendering.scratch)
                try await rendering.helpers.start()
                let pid = try #require(rendering.starts.pids.first)
                let running = Task { try await rendering.render(path) }
                let child = await ProcessTree.firstChild(of: pid)
                await rendering.helpers.shutdown()
                let error = await #expect(throws: ThumbnailHelperError.self) { try await running.value }
                #expect(error?.code == .unavailable)
                #expect(!ProcessTree.exists(pid))
                #expect(!ProcessTree.exists(child))
                let late = await #expect(throws: ThumbnailHelperError.self) { try await rendering.render(path) }
                #expect(late?.code == .unavailable)
            }
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: ["/nonexistent/bucketd-thumbnail", "/etc/passwd", "/bin/true", "/bin/cat"]
        )
        func aHelperThatCannotBeRunIsClearlySaid(path: String) async throws {
            let configure = { (options: inout ThumbnailHelperOptions) in
                options.path = FilePath(path)
                options.startDeadline = .milliseconds(200)
            }
            try await Rendering.with(configure: configure) { rendering in
                let error = await #expect(throws: ThumbnailHelperError.self) { try await rendering.helpers.start() }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains(path) == true)
                #expect((error?.cause != nil) == !path.hasPrefix("/bin"))
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func aHelperInheritsNothing() async throws {
            let scratch = try Scratch()
            let directory = scratch.directory
            let script = """
                #!/bin/sh
                env > \(directory)/environment
                ls /proc/$$/fd > \(directory)/descriptors
                pwd > \(directory)/place
                """
            let path = try scratch.write(Array(script.utf8), to: "helper")
            try #require(chmod(path.string, 0o700) == 0)
            // The very descriptor that close-on-exec would not close.
            let leaked = try #require(dup2(STDERR_FILENO, 200) == 200 ? FileDescriptor(rawValue: 200) : nil)
            defer { #expect(throws: Never.self) { try leaked.close() } }
            try await Rendering.with {
                $0.path = path
            } _: { rendering in
                let error = await #expect(throws: ThumbnailHelperError.self) { try await rendering.helpers.start() }
                #expect(error?.code == .unavailable)
            }
            let names = try scratch.lines(of: "environment").compactMap { $0.split(separator: "=").first }
            // What a shell adds by itself among them.
            let known = ["LC_ALL", "LD_BIND_NOW", "MALLOC_ARENA_MAX", "SWIFT_BACKTRACE", "PWD", "OLDPWD", "SHLVL", "_"]
            #expect(names.contains("LC_ALL"))
            #expect(names.allSatisfy { known.contains(String($0)) }, "\(names)")
            let descriptors = try scratch.lines(of: "descriptors")
            // Standard streams, and those a shell opens for itself, from 10 on.
            #expect(descriptors.contains("2"))
            #expect(
                descriptors.allSatisfy { Int($0).map { $0 < 3 || (10..<20).contains($0) } ?? false },
                "\(descriptors)"
            )
            #expect(try scratch.lines(of: "place") == ["/"])
        }

        @Test(.timeLimit(.minutes(1)))
        func aSourceThatCouldBeWrittenToIsNotHandedOver() async throws {
            try await Rendering.with { rendering in
                let path = try await rendering.scratch.encode(.marked(), as: "a.jpg")
                let source = try FileDescriptor.open(path, .readWrite)
                let error = await #expect(throws: ThumbnailHelperError.self) {
                    try await rendering.helpers.render(
                        source: source,
                        targets: [ThumbnailTarget(box: 10, file: source)],
                        format: .webp,
                        maxPixels: 1_000_000
                    )
                }
                #expect(error?.code == .failed)
                try source.close()
            }
        }
    }
}
