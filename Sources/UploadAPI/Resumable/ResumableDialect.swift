import HTTPTypes
import StructuredFields

/// The draft of Resumable Uploads for HTTP (draft-ietf-httpbis-resumable-upload) that a client speaks.
///
/// All drafts mean the same by an upload, an offset and completeness; they say it in different fields.
struct ResumableDialect: Hashable, Sendable {
    /// The client's `Upload-Draft-Interop-Version`; nil for a client that sends none, and is taken to speak the newest.
    let interop: Int?

    /// From draft -01 on; the one before had clients choose their uploads' names.
    static let spoken = 3...8
    /// What a client of the finished RFC will speak, as far as is known.
    static let newest = Self(interop: nil)

    private init(interop: Int?) {
        self.interop = interop
    }

    /// Nil for a version that is not spoken.
    init?(_ fields: HTTPFields) {
        guard let number = fields.integer(.uploadDraftInteropVersion) else {
            self = .newest
            return
        }
        guard let interop = Int(exactly: number), Self.spoken.contains(interop) else { return nil }
        self.init(interop: interop)
    }

    private var version: Int { interop ?? Self.spoken.upperBound }

    /// An interim response must repeat the version, so a client that named none gets none.
    var hasInterimResponses: Bool { interop != nil }

    /// Whether an interim response may tell the offset meanwhile.
    var hasProgress: Bool { hasInterimResponses && version >= 5 }

    /// Whether appending needs the media type `application/partial-upload`.
    var needsPartialUploadType: Bool { version >= 6 }

    /// Whether appending needs to say if it completes the upload; before, saying nothing meant that it does.
    var needsCompleteness: Bool { version >= 7 }

    /// Whether the fields of an upload's state are forbidden in requests that only ask for it, or cancel it.
    var forbidsState: Bool { version <= 6 }

    /// Whether more content than the upload's length ends the upload; before, only the request was refused.
    var endsExceededUploads: Bool { version >= 7 }

    /// Whether nothing at all can be appended to a completed upload.
    var refusesCompletedUploads: Bool { version <= 7 }

    var hasLimits: Bool { version >= 6 }

    /// The limit that says how many seconds an upload still has.
    var ageLimit: String { version == 6 ? "expires" : "max-age" }

    /// Interop 3 says the opposite of what all others say.
    private var saysIncomplete: Bool { version == 3 }

    var completenessField: HTTPField.Name { saysIncomplete ? .uploadIncomplete : .uploadComplete }

    /// Nil where the request does not say.
    func isComplete(_ fields: HTTPFields) -> Bool? {
        fields.boolean(completenessField).map { $0 != saysIncomplete }
    }

    func setComplete(_ isComplete: Bool, in fields: inout HTTPFields) {
        fields.set(completenessField, .boolean(isComplete != saysIncomplete))
    }
}
