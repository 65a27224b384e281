import Testing

@testable import Ingest

@Suite struct ReservationsTests {
    private typealias Demand = Reservations.Demand

    private func limits(_ change: (inout IngestLimits) -> Void = { _ in }) -> IngestLimits {
        var limits = IngestLimits()
        limits.minFreeSpace = 0
        change(&limits)
        return limits
    }

    private func space(
        _ available: Int64,
        total: Int64 = 1 << 40,
        inodes: (available: Int64, total: Int64) = (0, 0),
        before: Reservations.Fulfilled = .init()
    ) -> Reservations.SpaceReading {
        let space = FilesystemSpace(
            available: available,
            total: total,
            availableInodes: inodes.available,
            totalInodes: inodes.total
        )
        return Reservations.SpaceReading(space: space, before: before, time: .now)
    }

    private func quota(
        stored: Int64,
        credit: Int64 = 0,
        before: Reservations.Fulfilled = .init()
    ) -> Reservations.QuotaReading {
        Reservations.QuotaReading(stored: stored, credit: credit, before: before)
    }

    private func refusal(_ body: () throws(IngestError) -> Void) -> IngestError? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// However often it is asked, with whatever numbers: nothing is added up that may overflow.
    @Test(arguments: [.max, .max - 1, 999_999_999_999_999_999] as [Int64], [0, 1 << 40, .max] as [Int64])
    func noDeclaredLengthOverflows(length: Int64, total: Int64) {
        var reservations = Reservations(limits: limits { $0.quota = .max })
        for _ in 0..<20 {
            let demand = Demand(newcomer: .local, space: length, quota: length)
            _ = refusal { () throws(IngestError) in
                try reservations.reserve(demand, space(total, total: total), quota(stored: .max - 1))
            }
            _ = refusal { () throws(IngestError) in
                try reservations.reserve(Demand(space: length), space(total, total: total), nil)
            }
        }
        #expect(reservations.given.claimed == 0)
        #expect(reservations.given.promised <= Int64.max)
    }

    @Test func aFloorAboveEverythingRefusesAll() {
        var reservations = Reservations(limits: limits { $0.minFreeSpace = .max })
        let error = refusal { () throws(IngestError) in try reservations.reserve(Demand(), space(1 << 40), nil) }
        #expect(error?.code == .noSpace)
        #expect(error?.limit == .max)
    }

    @Test func aRefusalTakesNothing() {
        var reservations = Reservations(limits: limits { $0.quota = 10 })
        let demand = Demand(newcomer: UploadSource(address: "a"), space: 5, quota: 11)
        let error = refusal { () throws(IngestError) in
            try reservations.reserve(demand, space(100), quota(stored: 0))
        }
        #expect(error?.code == .quotaExceeded)
        #expect(reservations.given == Reservations.Share())
    }

    /// A byte is promised, then written, then seen by a reading: at no time does it count for nothing, nor twice in the
    /// end.
    @Test func writtenBytesCountUntilAReadingShowsThem() throws {
        var reservations = Reservations(limits: limits())
        let old = space(100)
        try reservations.reserve(Demand(newcomer: .local, space: 60), old, nil)
        #expect(refusal { () throws(IngestError) in try reservations.reserve(Demand(space: 41), old, nil) } != nil)
        reservations.giveBack(.init(promised: 60), of: .local)
        reservations.fulfil(bytes: 60)
        #expect(refusal { () throws(IngestError) in try reservations.reserve(Demand(space: 41), old, nil) } != nil)
        let new = space(40, before: reservations.fulfilled)
        #expect(refusal { () throws(IngestError) in try reservations.reserve(Demand(space: 41), new, nil) } != nil)
        try reservations.reserve(Demand(space: 40), new, nil)
    }

    @Test func publishedBytesCountUntilAReadingShowsThem() throws {
        var reservations = Reservations(limits: limits { $0.quota = 100 })
        let old = quota(stored: 0)
        try reservations.reserve(Demand(quota: 60), space(1000), old)
        reservations.giveBack(.init(claimed: 60), of: .local)
        reservations.fulfil(stored: 60)
        let more = Demand(quota: 41)
        #expect(refusal { () throws(IngestError) in try reservations.reserve(more, space(1000), old) } != nil)
        let new = quota(stored: 60, before: reservations.fulfilled)
        #expect(refusal { () throws(IngestError) in try reservations.reserve(more, space(1000), new) } != nil)
        try reservations.reserve(Demand(quota: 40), space(1000), new)
    }

    /// Of 100 bytes 80 are stored, in a file that the upload replaces.
    @Test(
        arguments: [
            (0, 80, true), (0, 100, true), (0, 101, false), (80, 20, true), (80, 21, false), (60, 40, true),
            (60, 41, false),
            (90, 10, true), (90, 11, false),
        ] as [(Int64, Int64, Bool)]
    )
    func theReplacedFileMakesRoom(claimed: Int64, quota more: Int64, fits: Bool) throws {
        var reservations = Reservations(limits: limits { $0.quota = 100 })
        let reading = quota(stored: 80, credit: 80)
        if claimed > 0 {
            try reservations.reserve(Demand(quota: claimed), space(1000), reading)
        }
        let demand = Demand(quota: more, claimed: claimed)
        let error = refusal { () throws(IngestError) in try reservations.reserve(demand, space(1000), reading) }
        #expect((error == nil) == fits)
    }

    /// Of what replaces it a part may be stored already, by requests before.
    @Test(
        arguments: [
            (50, 0, 30, true), (50, 0, 50, true), (50, 0, 51, false), (80, 0, 20, true), (80, 0, 21, false),
            (90, 0, 10, true), (90, 0, 11, false), (50, 30, 20, true), (50, 30, 21, false), (0, 80, 20, true),
        ] as [(Int64, Int64, Int64, Bool)]
    )
    func theReplacedFileMakesRoomOnce(recorded: Int64, claimed: Int64, quota more: Int64, fits: Bool) throws {
        var reservations = Reservations(limits: limits { $0.quota = 100 })
        let reading = quota(stored: 80 + recorded, credit: 80)
        if claimed > 0 {
            try reservations.reserve(Demand(quota: claimed, recorded: recorded), space(1000), reading)
        }
        let demand = Demand(quota: more, claimed: claimed, recorded: recorded)
        let error = refusal { () throws(IngestError) in try reservations.reserve(demand, space(1000), reading) }
        #expect((error == nil) == fits)
    }

    /// The file may yet stay: to others it counts, and so does what replaces it.
    @Test func theReplacedFileMakesNoRoomForOthers() throws {
        var reservations = Reservations(limits: limits { $0.quota = 100 })
        try reservations.reserve(Demand(quota: 80), space(1000), quota(stored: 80, credit: 80))
        let other = refusal { () throws(IngestError) in
            try reservations.reserve(Demand(quota: 1), space(1000), quota(stored: 80))
        }
        #expect(other?.code == .quotaExceeded)
        // Even when the file is gone now.
        let later = refusal { () throws(IngestError) in
            try reservations.reserve(Demand(quota: 21), space(1000), quota(stored: 0))
        }
        #expect(later?.code == .quotaExceeded)
    }

    @Test func everyUploadInFlightMayMakeAFile() throws {
        var reservations = Reservations(limits: limits())
        let reading = space(1000, inodes: (available: 7, total: 100))
        try reservations.reserve(Demand(newcomer: .local), reading, nil)
        try reservations.reserve(Demand(newcomer: .local), reading, nil)
        let error = refusal { () throws(IngestError) in
            try reservations.reserve(Demand(newcomer: .local), reading, nil)
        }
        #expect(error?.code == .noInodes)
        #expect(error?.limit == 5)
        reservations.giveBack(.init(places: 1), of: .local)
        reservations.fulfil(files: 1)
        #expect(
            refusal { () throws(IngestError) in try reservations.reserve(Demand(newcomer: .local), reading, nil) }
                != nil
        )
        // btrfs tells no number.
        try reservations.reserve(Demand(newcomer: .local), space(1000, inodes: (available: 0, total: 0)), nil)
    }

    @Test func theFloorOfInodesIsAThousandAtMost() {
        let large = FilesystemSpace(available: 1, total: 1, availableInodes: 1, totalInodes: 1_000_000)
        #expect(IngestLimits().inodeFloor(of: large) == 1000)
    }

    /// What is kept of an uploader goes with its last upload, but not before those who compare with it are through.
    @Test func anUploaderIsForgotten() throws {
        var reservations = Reservations(limits: limits())
        let source = UploadSource(address: nil, uploader: Uploader(id: "a", quota: 100, maxFiles: 3))
        let uploader = try #require(source.uploader)
        reservations.beginReading(of: uploader)
        let demand = Demand(newcomer: source, quota: 60, uploader: uploader, uploaderFiles: 1)
        try reservations.reserve(demand, space(1000), nil, own: quota(stored: 0))
        reservations.endReading(of: uploader)
        // Another's, from before the first is stored.
        reservations.beginReading(of: uploader)
        let old = quota(stored: 0, before: reservations.fulfilled(of: uploader))
        reservations.giveBack(.init(places: 1, claimed: 60, files: 1), of: source)
        reservations.fulfil(stored: 60, of: uploader)
        #expect(reservations.knownUploaders == 1)
        let next = Demand(newcomer: source, quota: 41, uploader: uploader, uploaderFiles: 1)
        let error = refusal { () throws(IngestError) in
            try reservations.reserve(next, space(1000), nil, own: old)
        }
        #expect(error?.code == .quotaExceeded)
        reservations.endReading(of: uploader)
        #expect(reservations.knownUploaders == 0)
    }

    @Test func placesAreCountedByAddressAndInAll() throws {
        var reservations = Reservations(
            limits: limits {
                $0.maxConcurrentUploads = 3
                $0.maxUploadsPerAddress = 1
            }
        )
        func begin(_ address: String?) -> IngestError? {
            refusal { () throws(IngestError) in
                let demand = Demand(newcomer: UploadSource(address: address))
                try reservations.reserve(demand, space(1000), nil)
            }
        }
        #expect(begin("a") == nil)
        #expect(begin("a")?.code == .tooManyUploadsFromAddress)
        #expect(begin("a")?.limit == 1)
        #expect(begin("b") == nil)
        #expect(begin(nil) == nil)
        #expect(begin(nil)?.code == .tooManyUploads)
        #expect(begin(nil)?.limit == 3)
        reservations.giveBack(.init(places: 1), of: UploadSource(address: "a"))
        #expect(begin("b")?.code == .tooManyUploadsFromAddress)
        #expect(begin("a") == nil)
    }
}
