package import ThumbnailWire

/// What came of an image; final for these bytes, so that a retry is pointless.
package enum ThumbnailOutcome: Sendable, Hashable {
    /// One per output asked for, in that order.
    case rendered([ThumbnailOutput], from: SourceImage)
    /// Not an image, by its content.
    case notApplicable
    /// An image that gets no thumbnail.
    case refused(Refusal)

    package struct Refusal: Sendable, Hashable {
        package enum Reason: String, Sendable {
            case tooLarge
            case damaged
            case unsupported
        }

        package let reason: Reason
        /// One sentence for people; printable ASCII.
        package let message: String

        package init(reason: Reason, message: String) {
            self.reason = reason
            self.message = message
        }
    }
}

extension ThumbnailOutcome {
    /// Sorts a helper's reply into outcomes and errors; nil for a cancelled request.
    init?(_ reply: ThumbnailReply) throws(ThumbnailHelperError) {
        let details = reply.message.isEmpty ? "" : ": \(reply.message)"
        switch reply.status {
        case .ok:
            guard let source = reply.source else {
                throw ThumbnailHelperError(.protocolViolation, "The thumbnail helper told no source image.")
            }
            self = .rendered(reply.outputs, from: source)
        case .notApplicable:
            self = .notApplicable
        case .tooLarge:
            self = .refused(Refusal(reason: .tooLarge, message: "The image is too large\(details)."))
        case .damaged:
            self = .refused(Refusal(reason: .damaged, message: "The image is damaged\(details)."))
        case .unsupported:
            self = .refused(Refusal(reason: .unsupported, message: "The image cannot be decoded\(details)."))
        case .cancelled:
            return nil
        case .timedOut:
            throw ThumbnailHelperError(.timedOut, "Decoding the image took too long\(details).")
        case .outOfMemory:
            throw ThumbnailHelperError(.memory, "Decoding the image took too much memory\(details).")
        case .crashed(let signal):
            throw ThumbnailHelperError(
                .crashed,
                "The image's decoder was ended by signal \(signal)\(details).",
                signal: Int(signal)
            )
        case .failed:
            throw ThumbnailHelperError(.failed, "The thumbnail helper failed\(details).")
        }
    }
}
