import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct NameRuleTests {
    @Test func aNewFileAppearsWholeWithModeTimesAndChecksum() async throws {
        let test = try TestBucket()
        let record = try await test.daemon.put("a/b/photo.jpg", "hello")
        #expect(try test.path("a/b/photo.jpg").read() == "hello")
        let status = try test.path("a/b/photo.jpg").status()
        #expect(status.mode == 0o100640)
        #expect(status.identity == record.identity)
        #expect(record.state == .published)
        let file = try FileDescriptor.open(test.path("a/b/photo.jpg"), .readOnly)
        let checksum = try file.closeAfter { try LinuxFileCalls().attribute("user.checksum.sha256", of: file) }
        let text = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        #expect(checksum == Array(text.utf8))
        #expect(record.digest.hexadecimal == text)
        #expect(try test.spool.entries().isEmpty)
        #expect(try test.options.bucket.entries() == ["a"])
        #expect(try test.path("a/b").status().mode == 0o042770)
    }

    @Test func renameTakesTheNextFreeName() async throws {
        let test = try TestBucket()
        for number in 0..<40 {
            let record = try await test.daemon.put("photo.jpg", "\(number)")
            #expect(record.path.description == (number == 0 ? "photo.jpg" : "photo (\(number)).jpg"))
        }
        try test.path("photo.jpg").remove()
        #expect(try await test.daemon.put("photo.jpg", "again").path.description == "photo.jpg")
    }

    @Test func freeNumbersAreFoundInFewLooks() throws {
        for taken in [0, 1, 15, 16, 17, 100, 9_999] {
            var looks = 0
            let number = AlternativeSearch.freeNumber(from: 1) { number in
                looks += 1
                return number > taken
            }
            #expect(number == taken + 1)
            #expect(looks <= 50)
        }
    }

    @Test func rejectRefusesATakenName() async throws {
        let test = try TestBucket()
        try await test.daemon.put("a", "first", .reject)
        #expect(await refusal { try await test.daemon.put("a", "second", .reject) } == .nameTaken)
        #expect(await refusal { try await test.daemon.put("a", "second", .rename, .absent) } == .preconditionFailed)
        #expect(try test.path("a").read() == "first")
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func replaceTakesOnlyOurUntouchedFile() async throws {
        let test = try TestBucket()
        let first = try await test.daemon.put("a", "first", .replace)
        let second = try await test.daemon.put("a", "second", .replace)
        #expect(second.replaces == first.id)
        #expect(second.generation == 2)
        #expect(try test.path("a").read() == "second")
        try test.path("a").write("touched")
        #expect(await refusal { try await test.daemon.put("a", "third", .replace) } == .notOurs)
        #expect(await refusal { try await test.daemon.put("a", "third", .replace, .exists) } == .preconditionFailed)
        try test.path("foreign").write("theirs")
        #expect(await refusal { try await test.daemon.put("foreign", "ours", .replace) } == .notOurs)
        #expect(try test.path("foreign").read() == "theirs")
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func preconditionsHoldOfTheVeryFile() async throws {
        let test = try TestBucket()
        #expect(await refusal { try await test.daemon.put("a", "x", .replace, .exists) } == .preconditionFailed)
        let first = try await test.daemon.put("a", "first", .replace, .absent)
        let wrong = try #require(SHA256Digest(repeatElement(0, count: 32)))
        #expect(
            await refusal { try await test.daemon.put("a", "x", .replace, .digest([wrong])) } == .preconditionFailed
        )
        let second = try await test.daemon.put("a", "second", .replace, .digest([wrong, first.digest]))
        #expect(second.replaces == first.id)
        #expect(await refusal { try await test.daemon.put("a", "x", .replace, .absent) } == .preconditionFailed)
    }

    @Test(arguments: [Collision.rename, .replace, .reject])
    func aHundredPublishersOfOneNewNameNeverShareIt(_ collision: Collision) async throws {
        let test = try TestBucket { $0.durability = .relaxed }
        let daemon = test.daemon
        let records = await withTaskGroup(of: FileRecord?.self) { group in
            for number in 0..<100 {
                group.addTask { try? await daemon.put("new", "\(number)", collision) }
            }
            return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        }
        switch collision {
        case .reject:
            #expect(records.count == 1)
            #expect(try test.options.bucket.entries() == ["new"])
        case .rename:
            #expect(records.count == 100)
            #expect(Set(records.map(\.path)).count == 100)
            #expect(try test.options.bucket.entries().count == 100)
        case .replace:
            #expect(records.count == 100)
            #expect(test.ledger.rows.filter { $0.state == .published }.count == 1)
        }
        for record in test.ledger.rows where record.state == .published {
            let found = try #require(try await daemon.get(record.path.description).record)
            #expect(found.id == record.id)
        }
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func twoFilesOfOneNameInAForm() async throws {
        let test = try TestBucket()
        let renamed = Destination(path: try bucketPath("a"), collision: .rename)
        let records = try await test.daemon.publish([("1", renamed), ("2", renamed)])
        #expect(records.map(\.path.description) == ["a", "a (1)"])
        for collision in [Collision.reject, .replace] {
            let destination = Destination(path: try bucketPath("b"), collision: collision)
            let code = await refusal { try await test.daemon.publish([("1", destination), ("2", destination)]) }
            #expect(code == .nameTaken)
        }
        #expect(try test.options.bucket.entries() == ["a", "a (1)"])
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func linksAreNeverFollowed() async throws {
        let test = try TestBucket()
        try test.path("dangling").link(to: "\(test.tree.path)/outside")
        try test.path("dir").link(to: test.tree.path.string)
        #expect(await refusal { try await test.daemon.put("dangling", "x", .replace) } == .notOurs)
        #expect(await refusal { try await test.daemon.put("dangling", "x", .reject) } == .nameTaken)
        #expect(await refusal { try await test.daemon.put("dir/outside", "x", .replace) } == .nameTaken)
        #expect(try await test.daemon.put("dangling", "x", .rename).path.description == "dangling (1)")
        #expect(await refusal { try await test.daemon.get("dangling") } == .notFound)
        #expect(await refusal { try await test.daemon.get("dir/bucket") } == .notFound)
        #expect(!test.tree.path.appending("outside").exists)
    }

    @Test func directoriesAndFilesDoNotStandInForEachOther() async throws {
        let test = try TestBucket()
        try await test.daemon.put("dir/file", "x")
        #expect(await refusal { try await test.daemon.put("dir", "x", .replace) } == .isDirectory)
        #expect(await refusal { try await test.daemon.put("dir/file/below", "x", .reject) } == .nameTaken)
        #expect(await refusal { try await test.daemon.get("dir") } == .isDirectory)
        #expect(await refusal { try await test.daemon.bucket.remove(bucketPath("dir"), if: .none) } == .isDirectory)
        #expect(try test.spool.entries().isEmpty)
    }

    @Test func aNameTakenAfterTheCommitIsLeftToItsTaker() async throws {
        for collision in [Collision.rename, .reject, .replace] {
            let test = try TestBucket()
            test.plan.hold(.renameExclusively)
            let put = Task { try await test.daemon.put("a", "ours", collision) }
            await test.plan.waitUntilHeld()
            try test.path("a").write("theirs")
            test.plan.release(.renameExclusively)
            switch collision {
            case .rename:
                #expect(try await put.value.path.description == "a (1)")
                #expect(try test.path("a (1)").read() == "ours")
            case .reject, .replace:
                #expect(await refusal { try await put.value } == (collision == .reject ? .nameTaken : .notOurs))
                #expect(test.ledger.rows.map(\.state) == [.withdrawn])
            }
            #expect(try test.path("a").read() == "theirs")
            #expect(try test.spool.entries().isEmpty)
        }
    }
}
