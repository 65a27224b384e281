import HTTPTypes
import MicroHTTP
import StructuredFields

/// An upload as its answers show it.
struct ResumableState: Hashable, Sendable {
    var offset: Int64
    var isComplete = false
    var length: Int64?
    var limits = ResumableLimits()

    /// Of the 204 that answers HEAD and GET: interop 3 and 4 take no other status.
    func retrieved(in dialect: ResumableDialect) -> HTTPFields {
        var fields = fields(in: dialect)
        if let length { fields.set(.uploadLength, .integer(length)) }
        fields[.uploadLimit] = limits.text(in: dialect)
        fields[.cacheControl] = "no-store"
        return fields
    }

    /// Of the 201 that answers a creation whose upload goes on at `location`.
    func created(at location: String, in dialect: ResumableDialect) -> HTTPFields {
        var fields = fields(in: dialect)
        fields[.location] = location
        fields[.uploadLimit] = limits.text(in: dialect)
        return fields
    }

    /// Of the 204 that answers an append after which the upload goes on; and beside those of the upload's own response
    /// to the request that has completed it, also where that response is an error.
    func appended(in dialect: ResumableDialect) -> HTTPFields {
        fields(in: dialect)
    }

    /// Some clients need the offset in every answer, though the newer drafts do not ask for it.
    private func fields(in dialect: ResumableDialect) -> HTTPFields {
        var fields: HTTPFields = [:]
        fields.set(.uploadOffset, .integer(offset))
        dialect.setComplete(isComplete, in: &fields)
        return fields
    }

    /// The interim response that tells where the upload can be resumed; nil where none may be sent.
    func announcement(of location: String, in dialect: ResumableDialect) -> InterimResponse? {
        guard var fields = Self.interimFields(in: dialect) else { return nil }
        fields[.location] = location
        fields[.uploadLimit] = limits.text(in: dialect)
        return InterimResponse(status: .uploadResumptionSupported, headers: fields)
    }

    /// The interim response that tells how much is stored by now; nil where none may be sent.
    func progress(in dialect: ResumableDialect) -> InterimResponse? {
        guard dialect.hasProgress, var fields = Self.interimFields(in: dialect) else { return nil }
        fields.set(.uploadOffset, .integer(offset))
        return InterimResponse(status: .uploadResumptionSupported, headers: fields)
    }

    private static func interimFields(in dialect: ResumableDialect) -> HTTPFields? {
        guard let interop = dialect.interop else { return nil }
        var fields: HTTPFields = [:]
        fields.set(.uploadDraftInteropVersion, .integer(Int64(interop)))
        return fields
    }
}

extension HTTPResponse.Status {
    static let uploadResumptionSupported = Self(code: 104, reasonPhrase: "Upload Resumption Supported")
}
