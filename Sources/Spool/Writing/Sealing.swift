import Glibc
import Ingest
import SystemPackage

/// What makes a written file ready for its name: one blocking run of calls.
struct Sealing: Sendable {
    let calls: any FileCalls
    let spool: FileDescriptor
    let name: FilePath
    let fileMode: UInt32
    let group: UInt32?
    /// Nil where the filesystem keeps no attributes.
    let checksum: [UInt8]?
    let syncs: Bool
    let health: Health

    /// Lowercase hexadecimal SHA-256, as other tools write and read it.
    static let checksumAttribute = "user.checksum.sha256"

    struct Result: Sendable {
        var identity: FileIdentity
        /// Open for reading; the receiver's to close.
        var reader: FileDescriptor
    }

    /// Takes over `writer` and closes it, whatever happens.
    ///
    /// The identity is read last: filesystems round times, and only what they keep can be recognised later.
    func run(closing writer: FileDescriptor) throws(Errno) -> Result {
        let writer = OwnedDescriptor(writer, calls)
        try calls.setMode(writer.raw, fileMode)
        if let group, try calls.status(of: writer.raw).group != group {
            try calls.setGroup(writer.raw, group)
        }
        try setChecksum(writer.raw)
        try calls.setModificationTime(writer.raw, Self.now())
        if syncs {
            try DataSync(calls: calls, health: health).run(writer.raw)
        }
        let reader = OwnedDescriptor(try calls.open(name, in: spool, .read), calls)
        try writer.close()
        let identity = try calls.status(of: reader.raw).identity
        return Result(identity: identity, reader: reader.release())
    }

    private func setChecksum(_ writer: FileDescriptor) throws(Errno) {
        guard let checksum else { return }
        do throws(Errno) {
            try calls.setAttribute(Self.checksumAttribute, of: writer, to: checksum)
        } catch .notSupported {
            return
        }
    }

    /// Nanoseconds since 1970.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
