import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

/// Fails each system call of an operation in turn, and looks at what is left.
@Suite(.timeLimit(.minutes(1))) struct FaultWalkTests {
    /// What was there before, and what may be there afterwards.
    private struct Scenario: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Content by name.
        var before: [String: String] = [:]
        var after: [String: String]
        var durability = Durability.full
        var prepare: @Sendable (TestBucket.Daemon) async throws -> Void = { _ in }
        var run: @Sendable (TestBucket.Daemon) async throws -> Void
    }

    private static let scenarios = [
        Scenario(testDescription: "one new file", after: ["a": "new"]) { daemon in
            try await daemon.put("a", "new")
        },
        Scenario(testDescription: "one new file in new directories", after: ["x/y/a": "new"]) { daemon in
            try await daemon.put("x/y/a", "new", .reject)
        },
        Scenario(testDescription: "a form of three", after: ["a": "1", "d/b": "2", "c": "3"]) { daemon in
            try await daemon.publish(
                ["a", "d/b", "c"].enumerated().map { number, name in
                    ("\(number + 1)", Destination(path: try bucketPath(name), collision: .rename))
                }
            )
        },
        Scenario(
            testDescription: "a replacement",
            before: ["a": "old"],
            after: ["a": "new"],
            prepare: { try await $0.put("a", "old") },
            run: { try await $0.put("a", "new", .replace, .exists) }
        ),
        Scenario(
            testDescription: "a name taken",
            before: ["a": "old"],
            after: ["a": "old", "a (1)": "new"],
            prepare: { try await $0.put("a", "old") },
            run: { try await $0.put("a", "new") }
        ),
        Scenario(
            testDescription: "a removal",
            before: ["a": "old"],
            after: [:],
            prepare: { try await $0.put("a", "old") },
            run: { _ = try await $0.bucket.remove(bucketPath("a"), if: .exists) }
        ),
    ]

    private static let errors: [Errno] = [.ioError, .noSpace]

    @Test(arguments: scenarios, errors)
    private func everyCallFailsOnce(_ scenario: Scenario, _ error: Errno) async throws {
        var number = 1
        while true {
            let test = try TestBucket()
            try await scenario.prepare(test.daemon)
            test.plan.startCounting()
            test.plan.fail(number, with: error)
            let code = await refusal { try await scenario.run(test.daemon) }
            let calls = test.plan.calls
            test.plan.stopCounting()
            if calls.count < number { break }
            let place: Comment = "call \(number), \(calls[number - 1]): \(code?.rawValue ?? "acknowledged")"
            try check(test, scenario, code, place)
            let next = try await test.restart().daemon
            try await checkRestarted(test, next, scenario, code, place)
            number += 1
        }
        #expect(number > 5)
    }

    /// Before a restart: acknowledged is there, refused is as before.
    private func check(_ test: TestBucket, _ scenario: Scenario, _ code: IngestError.Code?, _ place: Comment) throws {
        #expect((test.daemon.health.reason != nil) == (code == .outcomeUnknown), place)
        switch code {
        case nil:
            #expect(try visible(test) == scenario.after, place)
        case .outcomeUnknown:
            break
        default:
            #expect(try visible(test) == scenario.before, place)
        }
    }

    /// After it: all or nothing, and nothing left over.
    private func checkRestarted(
        _ test: TestBucket,
        _ next: TestBucket.Daemon,
        _ scenario: Scenario,
        _ code: IngestError.Code?,
        _ place: Comment
    ) async throws {
        let found = try visible(test)
        switch code {
        case nil:
            #expect(found == scenario.after, place)
        case .outcomeUnknown:
            #expect(found == scenario.after || found == scenario.before, place)
        default:
            #expect(found == scenario.before, place)
        }
        #expect(try test.spool.entries().isEmpty, place)
        #expect(test.ledger.rows.allSatisfy { $0.state != .publishing && $0.state != .deleting }, place)
        for (name, text) in found {
            let (content, record) = try await next.get(name)
            #expect(content == text, place)
            #expect(record?.path.description == name, place)
        }
        next.unlock()
    }

    private func visible(_ test: TestBucket) throws -> [String: String] {
        var files: [String: String] = [:]
        try collect(test.options.bucket, "", &files)
        return files
    }

    private func collect(_ directory: FilePath, _ prefix: String, _ files: inout [String: String]) throws {
        for name in try directory.entries() {
            let path = directory.appending(name)
            if try path.status().isDirectory {
                try collect(path, "\(prefix)\(name)/", &files)
            } else {
                files["\(prefix)\(name)"] = try path.read()
            }
        }
    }
}
