import HTTPTypes

/// Why a request for an upload that outlives it failed, and what its answer tells of the upload besides.
struct UploadFailure: Error, CustomStringConvertible {
    let cause: any Error
    /// Those that the cause's own answer has count instead.
    let fields: HTTPFields

    var description: String { "\(cause)" }
}
