import HTTPTypes
import Ingest

/// An upload as answers to tus clients show it.
struct TusState: Hashable, Sendable {
    var offset: Int64
    /// Nil as long as it is deferred.
    var length: Int64?
    /// As the client sent it.
    var metadata: String?
    /// As the client sent it.
    var concatenation: String?
    /// When the upload is removed unless it goes on; nil for one that is complete.
    var expires: HTTPDate?
    /// Whether it is made of others that are not all there yet: then nobody is told an offset.
    var awaitsPieces = false

    init(
        offset: Int64,
        length: Int64? = nil,
        metadata: String? = nil,
        concatenation: String? = nil,
        expires: HTTPDate? = nil,
        awaitsPieces: Bool = false
    ) {
        self.offset = offset
        self.length = length
        self.metadata = metadata
        self.concatenation = concatenation
        self.expires = expires
        self.awaitsPieces = awaitsPieces
    }

    init(_ record: UploadRecord, _ stored: StoredRequest) {
        self.init(
            offset: record.offset,
            length: record.length,
            metadata: stored.metadata,
            concatenation: stored.concatenation,
            expires: record.state == .open ? HTTPDate(seconds: record.expiresAt.milliseconds / 1000) : nil,
            awaitsPieces: record.awaitsPieces
        )
    }

    /// Of the 200 that answers HEAD.
    var retrieved: HTTPFields {
        var fields = marked
        if !awaitsPieces { fields[.uploadOffset] = String(offset) }
        if let length {
            fields[.uploadLength] = String(length)
        } else if !awaitsPieces {
            fields[.uploadDeferLength] = "1"
        }
        fields[.uploadMetadata] = metadata
        fields[.uploadConcat] = concatenation
        fields[.cacheControl] = "no-store"
        return fields
    }

    /// Of the 201 that answers a creation; `hasContent` says whether content came with the request.
    func created(at location: String, hasContent: Bool) -> HTTPFields {
        var fields = marked
        fields[.location] = location
        if hasContent { fields[.uploadOffset] = String(offset) }
        return fields
    }

    /// Of the 204 that answers content.
    var appended: HTTPFields {
        var fields = marked
        fields[.uploadOffset] = String(offset)
        return fields
    }

    private var marked: HTTPFields {
        var fields: HTTPFields = [:]
        Tus.mark(&fields)
        fields[.uploadExpires] = expires?.text
        return fields
    }
}
