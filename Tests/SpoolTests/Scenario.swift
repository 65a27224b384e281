import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

/// One operation: what was there before, and what may be there afterwards.
struct Scenario: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Content by name, all ours.
    var before: [String: String] = [:]
    var after: [String: String]
    /// How the operation ends if nothing disturbs it.
    var refusal: IngestError.Code?
    /// What else recovery may make of it.
    var recovered: [[String: String]] = []
    /// Somebody else's file that appears just before the first call of this kind.
    var intruder: (name: String, call: FileCall)?
    var renamesExclusively = true
    var run: @Sendable (TestBucket.Daemon) async throws -> Void

    /// The content of files of others, which nothing that is ours has.
    static let theirs = "theirs"

    /// A bucket as it is before; the plan counts from here on.
    func prepare(ledger: (any FileLedger)? = nil) async throws -> TestBucket {
        let plan = FaultPlan()
        if !renamesExclusively {
            plan.failAll(.renameExclusively, with: .invalidArgument)
        }
        let test = try TestBucket(plan: plan, ledger: ledger) { options in
            options.reservedLength = 1
            options.writebackInterval = 1
        }
        for (name, text) in before.sorted(by: { $0.key < $1.key }) {
            try await test.daemon.put(name, text)
        }
        await plan.waitForDescriptors(test.idleDescriptors(holding: before.count))
        if let intruder {
            let path = test.path(intruder.name)
            plan.beforeNext(intruder.call) {
                // If it fails, the operation ends otherwise than expected.
                try? path.write(Self.theirs)
            }
        }
        plan.startCounting()
        return test
    }

    /// Those that meet the ledger in every way.
    static let recorded = all.filter { scenario in
        ["one new file in new directories", "a form of three", "a removal"].contains(scenario.testDescription)
            || scenario.refusal != nil
    }

    static let all = [
        Scenario(testDescription: "one new file", after: ["a": "new"]) { daemon in
            try await daemon.put("a", "new")
        },
        Scenario(testDescription: "one new file in new directories", after: ["x/y/a": "new"]) { daemon in
            try await daemon.put("x/y/a", "new", .reject)
        },
        Scenario(testDescription: "one new file, by link", after: ["a": "new"], renamesExclusively: false) { daemon in
            try await daemon.put("a", "new")
        },
        Scenario(testDescription: "a replacement", before: ["a": "old"], after: ["a": "new"]) { daemon in
            try await daemon.put("a", "new", .replace, .exists)
        },
        Scenario(testDescription: "a name taken", before: ["a": "old"], after: ["a": "old", "a (1)": "new"]) { daemon in
            try await daemon.put("a", "new")
        },
        Scenario(
            testDescription: "a name taken after the commit",
            after: ["a (1)": "new"],
            recovered: [["a": "new"]],
            intruder: ("a", .renameExclusively)
        ) { try await $0.put("a", "new") },
        Scenario(
            testDescription: "a form of three",
            before: ["b": "old"],
            after: ["a": "1", "b": "2", "d/c": "3"]
        ) { try await $0.form(["a", "b", "d/c"], .replace) },
        refusedForm,
        Scenario(testDescription: "a removal", before: ["a": "old"], after: [:]) { daemon in
            _ = try await daemon.bucket.remove(bucketPath("a"), if: .exists)
        },
    ]

    /// The second name is taken while the first is already in place of what it replaces.
    private static let refusedForm = Scenario(
        testDescription: "a form whose name is taken after the commit",
        before: ["a": "old"],
        after: ["a": "old"],
        refusal: .notOurs,
        recovered: [["a": "1", "d/b": "2", "c (1)": "3"], ["a": "1", "d/b": "2", "c": "3"]],
        intruder: ("c", .makeDirectory)
    ) { try await $0.form(["a", "d/b", "c"], .replace) }
}

extension TestBucket {
    /// Descriptors of a daemon without requests: of its directories, and one for each new file.
    func idleDescriptors(holding files: Int) -> Int { 5 + files }

    /// Content by name, without what others put there.
    func visible() throws -> [String: String] {
        var files: [String: String] = [:]
        try collect(options.bucket, "", &files)
        return files.filter { $0.value != Scenario.theirs }
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

extension TestBucket.Daemon {
    /// Files with their numbers, from 1, as content.
    func form(_ names: [String], _ collision: Collision) async throws {
        try await publish(
            names.enumerated().map { number, name in
                ("\(number + 1)", Destination(path: try bucketPath(name), collision: collision))
            }
        )
    }
}
