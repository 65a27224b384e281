package import Ingest
import SystemPackage
import Threading

extension Bucket {
    package func open(_ path: BucketPath) async throws -> OpenedFile {
        try await open(path, isLastTry: false)
    }

    /// Two tries: between the opening and the look-up the name may have gone to its next generation.
    private func open(_ path: BucketPath, isLastTry: Bool) async throws -> OpenedFile {
        var opened = try await openByName(path)
        do {
            guard let record = try await ledger.file(at: path) else { return opened }
            if record.identity == opened.status.identity {
                opened.record = record
                return opened
            }
            if isLastTry {
                try await settle(record, against: opened.status.identity)
                return opened
            }
        } catch {
            await close(opened.descriptor)
            throw error
        }
        await close(opened.descriptor)
        return try await open(path, isLastTry: true)
    }

    private func openByName(_ path: BucketPath) async throws -> OpenedFile {
        do {
            return try await threads.names.run { [calls, spool] () throws(IngestError) in
                try Self.open(path, beneath: spool.state.bucket, calls)
            }
        } catch let error where error.code == .notFound {
            if let record = try await ledger.file(at: path) {
                _ = try await settleAbsence(of: record)
            }
            throw error
        }
    }

    /// The name holds another file than the row says.
    private func settle(_ record: FileRecord, against identity: FileIdentity) async throws {
        switch record.presence(as: identity) {
        case .gone:
            _ = try await settleAbsence(of: record)
        case .changedOutside where !record.identity.isSameFile(as: identity):
            renewIfCopied(record)
        case .changedOutside, .untouched:
            return
        }
    }

    package func open(_ file: FileRecord) async throws -> OpenedFile? {
        let outcome = await threads.names.result { [calls, spool] () throws(IngestError) in
            if let held = try Self.openHeld(file, spool.held, calls) {
                return held
            }
            return try Self.open(file.path, beneath: spool.state.bucket, calls)
        }
        let opened: OpenedFile
        switch outcome {
        case .success(let found):
            opened = found
        case .failure(let error) where error.code == .notFound || error.code == .isDirectory:
            _ = try await settleAbsence(of: file)
            return nil
        case .failure(let error):
            throw error
        }
        if opened.status.identity == file.identity {
            return OpenedFile(descriptor: opened.descriptor, status: opened.status, record: file)
        }
        await close(opened.descriptor)
        switch file.presence(as: opened.status.identity) {
        case .gone:
            _ = try await settleAbsence(of: file)
            return nil
        case .changedOutside where !opened.status.identity.isSameFile(as: file.identity):
            return try await openCopy(of: file)
        case .changedOutside, .untouched:
            return nil
        }
    }

    /// The file whose name holds another inode of the same size and time, once it is proven to be a copy.
    private func openCopy(of file: FileRecord) async throws -> OpenedFile? {
        guard let current = try await unsettled(file) else { return nil }
        guard current.identity == file.identity else { return try await open(current) }
        if let failure = renewals.takeFailure(of: file.id) {
            throw failure
        }
        renewIfCopied(file)
        throw IngestError(.undecided, "The file is being compared with its record.")
    }

    /// Looks first, because to open a FIFO or a device is to do something to it, and again after: what is looked at then
    /// is what is read.
    private static func open(
        _ path: BucketPath,
        beneath bucket: FileDescriptor,
        _ calls: any FileCalls
    ) throws(IngestError) -> OpenedFile {
        do throws(Errno) {
            let seen = try calls.status(of: path.filePath, in: bucket)
            guard seen.isRegularFile || seen.isDirectory else { throw .noSuchFileOrDirectory }
            let file = OwnedDescriptor(try calls.open(path.filePath, beneath: bucket, .readNonblocking), calls)
            let status = try calls.status(of: file.raw)
            if status.isDirectory {
                throw .isDirectory
            }
            guard status.isRegularFile else { throw .noSuchFileOrDirectory }
            return OpenedFile(descriptor: file.release(), status: status, record: nil)
        } catch {
            switch error {
            case .isDirectory:
                throw IngestError(.isDirectory, "The name is a directory's.")
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice,
                .permissionDenied, .fileNameTooLong:
                throw IngestError(.notFound, "There is no such file.", cause: error)
            default:
                throw .storage("The file cannot be opened.", error)
            }
        }
    }

    private static func openHeld(
        _ file: FileRecord,
        _ held: HeldFiles,
        _ calls: any FileCalls
    ) throws(IngestError) -> OpenedFile? {
        do throws(Errno) {
            guard let duplicate = try held.duplicate(file.id) else { return nil }
            let descriptor = OwnedDescriptor(duplicate, calls)
            let status = try calls.status(of: descriptor.raw)
            return OpenedFile(descriptor: descriptor.release(), status: status, record: nil)
        } catch {
            throw .storage("The file cannot be opened.", error)
        }
    }

    private func close(_ descriptor: FileDescriptor) async {
        await threads.names.run { [calls] in try? calls.close(descriptor) }
    }
}
