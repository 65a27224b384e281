/// The bytes of an upload on their way to its writer, under the limits and the promise that it was admitted with.
///
/// Belongs to the task that receives them.
final class UploadContent {
    /// Bytes written so far.
    private(set) var offset: Int64
    /// Bytes, once that is known.
    var length: Int64?
    /// Bytes that there may be; 0: any number.
    var maxSize: Int64
    private let writer: any UploadWriting
    private let promise: Promise
    private let intake: UploadIntake
    /// Bytes that the filesystem counts as this upload's by now.
    private var kept: Int64

    init(
        from offset: Int64 = 0,
        length: Int64?,
        writer: any UploadWriting,
        promise: Promise,
        intake: UploadIntake
    ) {
        self.offset = offset
        self.length = length
        self.writer = writer
        self.promise = promise
        self.intake = intake
        maxSize = intake.limits.maxUploadSize
        kept = offset
    }

    func append(_ bytes: ArraySlice<UInt8>) async throws {
        let count = Int64(bytes.count)
        let end = offset + count
        if let length, end > length {
            throw IngestError(.lengthMismatch, "There are more than the declared \(length) bytes.")
        }
        try IngestLimits.requireSize(end, atMost: maxSize)
        if let missing = promise.missing(count: count, uncounted: max(0, end - kept)) {
            try await promise.cover(missing)
        }
        let taken = try await writer.append(bytes)
        offset = end
        promise.wrote(count: count, kept: taken - kept)
        kept = taken
        intake.metrics.received(bytes: bytes.count)
    }

    /// Throws unless there are as many bytes as were declared.
    func requireLength() throws(IngestError) {
        guard let length, offset != length else { return }
        throw IngestError(.lengthMismatch, "There are \(offset) bytes where \(length) were declared.")
    }

    /// The bytes are one whole file.
    func finished() {
        promise.finishedFile()
    }
}
