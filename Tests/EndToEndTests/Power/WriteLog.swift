import SystemPackage

/// What `bucketd-block-log` has recorded, by its positions in the file.
struct WriteLog {
    enum Kind: UInt32 {
        case write = 1
        case flush = 2
        case failedFlush = 3
    }

    struct Record {
        let kind: Kind
        /// On the disk.
        let offset: Int64
        let size: Int
        /// Where the log holds the bytes.
        let bytes: Int64

        /// The log's size once this was recorded.
        var end: Int64 { bytes + Int64(size) }
    }

    private static let headSize = 16
    private static let sectorSize = 512

    private(set) var records: [Record] = []
    private let file: FilePath

    /// The records that are whole below `end`.
    init(reading file: FilePath, upTo end: Int64) throws {
        self.file = file
        let log = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
        records = try log.closeAfter {
            var records: [Record] = []
            var position: Int64 = 0
            while position + Int64(Self.headSize) <= end {
                let head = try Self.read(Self.headSize, of: log, at: position)
                let (kind, size, offset) = head.withUnsafeBytes { bytes in
                    (
                        bytes.load(as: UInt32.self), bytes.load(fromByteOffset: 4, as: UInt32.self),
                        bytes.load(fromByteOffset: 8, as: Int64.self)
                    )
                }
                guard let kind = Kind(rawValue: kind) else { throw DiskError("no record at \(position) of \(file)") }
                let bytes = position + Int64(Self.headSize)
                let record = Record(kind: kind, offset: offset, size: Int(size), bytes: bytes)
                guard record.end <= end else { break }
                records.append(record)
                position = record.end
            }
            return records
        }
    }

    /// Repeats writes on a disk, each `Fate` of it.
    func apply(_ writes: [(record: Record, fate: Fate)], to disk: FilePath) throws {
        let log = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
        try log.closeAfter {
            let disk = try FileDescriptor.open(disk, .writeOnly, options: .closeOnExec)
            try disk.closeAfter {
                for (record, fate) in writes {
                    let size = fate == .torn ? record.size / Self.sectorSize / 2 * Self.sectorSize : record.size
                    guard fate != .lost, size > 0 else { continue }
                    _ = try disk.writeAll(
                        toAbsoluteOffset: record.offset,
                        Self.read(size, of: log, at: record.bytes)
                    )
                }
            }
        }
    }

    /// What becomes of a write.
    enum Fate {
        case kept
        case lost
        /// Only its first half, in whole sectors.
        case torn
    }

    private static func read(_ size: Int, of file: FileDescriptor, at offset: Int64) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                let read = try file.read(fromAbsoluteOffset: offset + Int64(count), into: rest)
                guard read > 0 else { throw DiskError("the log ends too early") }
                count += read
            }
        }
    }
}
