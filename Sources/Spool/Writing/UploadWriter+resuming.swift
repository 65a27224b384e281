import Ingest
import Logging
import SystemPackage
import Threading

extension UploadWriter: ResumableWriting {
    /// A point that the upload can go back to.
    struct Checkpoint: Sendable {
        var length: Int64 = 0
        /// Nil as long as nothing was hashed.
        var hasher: ContentHasher?
        var hashed: Int64 = 0
        /// Whether the file's name is on stable storage too.
        var isEntrySafe = false
    }

    package func secure() async throws -> Int64 {
        try requireOpen()
        guard length > secured.length else { return secured.length }
        var point = Checkpoint(length: length, hasher: hasher, hashed: hashed, isEntrySafe: secured.isEntrySafe)
        if options.durability == .full {
            try await sync(alsoEntry: !point.isEntrySafe)
            point.isEntrySafe = true
        }
        try requireOpen()
        if point.length > secured.length {
            secured = point
            startCatchUp()
        }
        return secured.length
    }

    /// Gives back the space of what is not secured, before the file is closed on a failure.
    func cutOff() {
        guard length > secured.length, let file = file?.raw else { return }
        do throws(Errno) {
            try calls.resize(file, to: secured.length)
        } catch {
            // The next writer does it.
        }
    }

    private func sync(alsoEntry: Bool) async throws(IngestError) {
        let outcome: Result<Void, Errno>
        do throws(Errno) {
            guard let file = file?.raw else { throw .badFileDescriptor }
            // Of its own, because the upload may be discarded meanwhile.
            let copy = try calls.duplicate(file)
            outcome = await spool.threads.data.result { [calls, spool] () throws(Errno) in
                let copy = OwnedDescriptor(copy, calls)
                try DataSync(calls: calls, health: spool.health).run(copy.raw)
                if alsoEntry {
                    try Self.syncEntry(spool)
                }
            }
        } catch {
            outcome = .failure(error)
        }
        if case .failure(let error) = outcome {
            throw fail(.storage("The upload could not be made safe.", error))
        }
    }

    private static func syncEntry(_ spool: FileSpool) throws(Errno) {
        do throws(Errno) {
            try spool.state.calls.syncDirectory(spool.state.spool)
        } catch {
            spool.health.fail("the spool could not be synced: \(error)")
            throw error
        }
    }

    package func rollBack() throws -> Int64 {
        try requireOpen()
        guard length > secured.length else { return length }
        length = secured.length
        writtenBack = min(writtenBack, length)
        if hashed > length {
            hasher = secured.hasher ?? ContentHasher(digests)
            hashed = secured.hashed
        }
        do throws(Errno) {
            if let file = file?.raw {
                try calls.resize(file, to: length)
            }
            return length
        } catch {
            throw fail(.storage("The upload could not be written.", error))
        }
    }

    package func rest() {
        switch phase {
        case .open:
            guard let file = file.take() else { return }
            do throws(Errno) {
                try file.close()
            } catch {
                // It is closed all the same (close(2)); whoever goes on opens it again, and sees whether all is there.
                spool.logger.warning(
                    "an upload that waits could not be closed",
                    metadata: ["upload.id": "\(id)", "error": "\(error)"]
                )
            }
        case .sealed, .sealing:
            spool.held.release(id)
        case .failed, .discarded: break
        }
    }

    /// Opens the file for more bytes; what is behind those that count is cut off.
    func reopenFile() throws(Errno) {
        let opened = OwnedDescriptor(try openOrCreate(), calls)
        let size = try calls.status(of: opened.raw).identity.size
        guard size >= length else { throw .noSuchFileOrDirectory }
        if size > length {
            try calls.resize(opened.raw, to: length)
        }
        file = consume opened
        startCatchUp()
    }

    private func openOrCreate() throws(Errno) -> FileDescriptor {
        do throws(Errno) {
            return try calls.open(name, in: spool.state.spool, .readWrite)
        } catch .noSuchFileOrDirectory where length == 0 {
            return try calls.open(name, in: spool.state.spool, .create)
        } catch .permissionDenied {
            // It was sealed once, with a mode that lets nobody write.
            let sealed = OwnedDescriptor(try calls.open(name, in: spool.state.spool, .read), calls)
            try calls.setMode(sealed.raw, 0o600)
            return try calls.open(name, in: spool.state.spool, .readWrite)
        }
    }
}

// MARK: Hashing what an earlier process wrote

extension UploadWriter {
    /// Reads what is secured while more arrives, with nobody waiting.
    ///
    /// Not what is behind: it may be rolled back, and other bytes take its place.
    private func startCatchUp() {
        guard hashed < secured.length, catchUp == nil else { return }
        // A writer that nobody has any more is not worth reading for.
        catchUp = Task { [weak self] in
            while await self?.hashPart() == true {}
        }
    }

    /// Whether there is more to read.
    private func hashPart() async -> Bool {
        var goesOn = !isSealing && hashed < secured.length
        if goesOn, case .open = phase {
            // What it cannot read, sealing will report.
            goesOn = await hashMore(upTo: secured.length, on: spool.threads.background) == nil
        } else {
            goesOn = false
        }
        if !goesOn {
            catchUp = nil
        }
        return goesOn
    }

    /// All of it, before the upload is sealed.
    func hashRest() async throws(IngestError) {
        isSealing = true
        defer { isSealing = false }
        await catchUp?.value
        while hashed < length {
            if let error = await hashMore(upTo: length, on: spool.threads.data) {
                throw fail(.storage("The upload could not be read again.", error))
            }
            try requireOpen()
        }
    }

    /// One part, so that others get their turn on the threads; what failed, if anything did.
    private func hashMore(upTo end: Int64, on threads: BlockingThreads) async -> Errno? {
        let part = PartHashing(calls: calls, spool: spool.state.spool, name: name)
        let (start, before) = (hashed, hasher)
        let outcome = await threads.result { () throws(Errno) in
            try part.run(before, from: start, upTo: end)
        }
        switch outcome {
        case .success(let (hasher, hashed)):
            // Rolled back meanwhile: what was read may not be the upload's any more.
            guard self.hashed == start, hashed <= length else { return nil }
            (self.hasher, self.hashed) = (hasher, hashed)
            return nil
        case .failure(let error):
            return error
        }
    }
}

/// Hashes a part of a spool file that was written before: one blocking run of calls.
private struct PartHashing: Sendable {
    let calls: any FileCalls
    let spool: FileDescriptor
    let name: FilePath

    /// Bytes of a part, and of one read.
    private static let (size, readSize): (Int64, Int) = (16 << 20, 1 << 20)

    func run(
        _ before: ContentHasher,
        from start: Int64,
        upTo end: Int64
    ) throws(Errno) -> (hasher: ContentHasher, hashed: Int64) {
        var hasher = before
        var offset = start
        let end = min(end, start + Self.size)
        let file = OwnedDescriptor(try calls.open(name, in: spool, .read), calls)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.readSize, alignment: 16)
        defer { buffer.deallocate() }
        while offset < end {
            let wanted = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(end - offset, Int64(Self.readSize))))
            )
            let count = try calls.read(into: wanted, from: file.raw, at: offset)
            guard count > 0 else { throw .ioError }
            hasher.update(UnsafeRawBufferPointer(rebasing: wanted.prefix(count)))
            offset += Int64(count)
        }
        return (hasher, offset)
    }
}
