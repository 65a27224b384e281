import HTTPTypes
import Ingest
import StructuredFields

/// What resumable uploads are bound to, as `Upload-Limit` announces it; sizes in bytes, nil for no limit.
struct ResumableLimits: Hashable, Sendable {
    var maxSize: Int64?
    var minSize: Int64?
    /// Of the content of one request.
    var maxAppendSize: Int64?
    /// Of the content of one request that does not complete the upload.
    var minAppendSize: Int64?
    /// For how many seconds from now on the upload is kept at least.
    var maxAge: Int64?

    init(
        maxSize: Int64? = nil,
        minSize: Int64? = nil,
        maxAppendSize: Int64? = nil,
        minAppendSize: Int64? = nil,
        maxAge: Int64? = nil
    ) {
        self.maxSize = maxSize
        self.minSize = minSize
        self.maxAppendSize = maxAppendSize
        self.minAppendSize = minAppendSize
        self.maxAge = maxAge
    }

    /// What an upload would have that is begun now.
    ///
    /// Of a form not each file alone but all of it together is larger: it is told when the upload is begun.
    init(ofNew uploads: ResumableUploads) {
        let maxSize = uploads.limits.maxUploadSize
        self.init(maxSize: maxSize == 0 ? nil : maxSize, maxAge: Self.age(uploads.options.expireNewAfter))
    }

    /// What an upload has; `maxSize` 0 is no limit.
    init(of record: UploadRecord, maxSize: Int64, in uploads: ResumableUploads) {
        self.init(
            maxSize: maxSize == 0 ? nil : maxSize,
            maxAge: record.state == .open ? Self.age(uploads.timeLeft(of: record)) : nil
        )
    }

    private static func age(_ time: Duration) -> Int64 { time.components.seconds }

    /// The field's value; nil in dialects without one.
    func text(in dialect: ResumableDialect) -> String? {
        guard dialect.hasLimits else { return nil }
        var dictionary = StructuredDictionary()
        let limits: KeyValuePairs<String, Int64?> = [
            "max-size": maxSize, "min-size": minSize, "max-append-size": maxAppendSize,
            "min-append-size": minAppendSize, dialect.ageLimit: maxAge,
        ]
        for (key, limit) in limits {
            guard let limit else { continue }
            dictionary[key] = .item(.integer(min(max(0, limit), StructuredValue.largestInteger)))
        }
        if dictionary.keys.isEmpty {
            // An empty dictionary is no field, and no field would say that uploads are not resumable.
            dictionary["min-size"] = .item(.integer(0))
        }
        return dictionary.text
    }

    /// Throws 413 for a representation that is too large; `length` is nil while it is not known.
    ///
    /// `stored` bytes of it are known to be there in any case.
    func requireSize(length: Int64?, stored: Int64, in dialect: ResumableDialect) throws(Problem) {
        guard let maxSize, max(length ?? 0, stored) > maxSize else { return }
        throw .uploadTooLarge(maxSize, limits: self, in: dialect)
    }

    /// Throws 413 for content that is too large for one request, 400 for too small a piece of an upload that goes on.
    ///
    /// `size` is what the request declares or what has come of it, `isWhole` whether no more of it can come.
    func requireContent(
        size: Int64,
        isWhole: Bool = true,
        completes: Bool,
        in dialect: ResumableDialect
    ) throws(Problem) {
        if let maxAppendSize, size > maxAppendSize {
            throw .contentTooLarge(maxAppendSize, limits: self, in: dialect)
        }
        if let minAppendSize, isWhole, !completes, size < minAppendSize {
            throw .contentTooSmall(minAppendSize, limits: self, in: dialect)
        }
    }
}
