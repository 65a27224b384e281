import Ingest
import SystemPackage

extension UploadWriter {
    func makeFile() throws(Errno) {
        guard file == nil else { return }
        guard !outlivesFailure else { return try reopenFile() }
        let made = OwnedDescriptor(try calls.open(name, in: spool.state.spool, .create), calls)
        hasFile = true
        if let expectedLength, expectedLength >= options.reservedLength {
            do throws(Errno) {
                try calls.reserve(made.raw, length: expectedLength)
                reserved = expectedLength
            } catch  where error == .notSupported || error == .noFunction || error == .invalidArgument {
                // No blocks are reserved; writing will tell.
            }
        }
        file = consume made
    }

    func write(_ bytes: ArraySlice<UInt8>) throws(Errno) {
        try makeFile()
        guard let descriptor = file?.raw else { throw .badFileDescriptor }
        var failure: Errno?
        bytes.withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(rebasing: buffer[...])
            while !rest.isEmpty {
                do throws(Errno) {
                    let count = try calls.write(rest, to: descriptor, at: length)
                    guard count > 0 else { throw .ioError }
                    length += Int64(count)
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } catch {
                    failure = error
                    return
                }
            }
            if hashed == length - Int64(buffer.count) {
                hasher.update(buffer)
                hashed = length
            }
        }
        if let failure {
            throw failure
        }
        try startWriteback(descriptor)
    }

    /// Keeps the disk busy while bytes arrive, so that the sync at the end has little left to wait for.
    private func startWriteback(_ descriptor: FileDescriptor) throws(Errno) {
        guard options.durability == .full, length - writtenBack >= options.writebackInterval else { return }
        do throws(Errno) {
            try calls.startWriteback(descriptor, offset: writtenBack, length: length - writtenBack)
        } catch  where error == .notSupported || error == .noFunction || error == .illegalSeek {
            // The sync at the end does it all.
        }
        writtenBack = length
    }
}
