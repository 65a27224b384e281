import Outbound

/// A file from an offset on, as the content of a request.
final class FileContent: RequestContent, @unchecked Sendable {
    // Proof: `position` is only reached from the one transfer that it belongs to.
    private let file: SourceFile
    private let start: Int64
    private var position: Int64
    private let moved: @Sendable (Int64) -> Void

    /// `moved` is told up to which byte of the file it was read.
    init(_ file: SourceFile, from start: Int64, moved: @escaping @Sendable (Int64) -> Void) {
        self.file = file
        self.start = start
        position = start
        self.moved = moved
    }

    var length: Int64? { file.size - start }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try file.read(at: position, into: buffer)
        position += Int64(count)
        moved(position)
        return count
    }

    func rewind() {
        position = start
    }
}
