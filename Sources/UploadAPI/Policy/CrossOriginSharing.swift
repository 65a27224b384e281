import HTTPTypes
import MicroHTTP

/// Lets the scripts of listed pages send requests and read the answers (CORS, as the Fetch standard has it).
///
/// An origin is allowed by name or not at all, and never with the visitor's credentials.
struct CrossOriginSharing: Sendable {
    private let origins: Set<String>

    /// What such a script may send besides what a form could.
    private static let sentFields: [HTTPField.Name] = [
        .contentType, .contentDisposition, .contentDigest, .reprDigest, .ifMatch, .ifNoneMatch, .ifModifiedSince,
        .ifUnmodifiedSince, .ifRange, .range, .prefer, .authorization, .wantReprDigest, .wantContentDigest, .contentMD5,
        .idempotencyKey,
        .methodOverride, .requestedWith, .requestID, .tusResumable, .uploadLength, .uploadOffset, .uploadMetadata,
        .uploadDeferLength, .uploadConcat, .uploadChecksum, .uploadComplete, .uploadIncomplete,
        .uploadDraftInteropVersion,
    ]
    /// What it may read besides what every script may.
    private static let readFields: [HTTPField.Name] = [
        .location, .contentLocation, .eTag, .reprDigest, .acceptRanges, .contentRange, .contentDisposition, .allow,
        .retryAfter,
        .preferenceApplied, .contentDigest, .wantReprDigest, .wantContentDigest, .uploadOffset, .uploadLength,
        .uploadMetadata, .uploadDeferLength, .uploadConcat,
        .uploadExpires, .uploadComplete, .uploadIncomplete, .uploadLimit, .uploadDraftInteropVersion, .tusVersion,
        .tusResumable, .tusMaxSize, .tusExtension, .tusChecksumAlgorithm,
    ]

    /// `origins` in lower case.
    init(origins: Set<String>) {
        self.origins = origins
    }

    /// Adds what the browser of the page that sent the request asks for; `Vary` keeps caches from mixing pages up.
    func share(_ response: inout Response, with request: Request) {
        guard !origins.isEmpty else { return }
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin = request.headers[.origin], origins.contains(origin.lowercased()) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil else {
            response.headers[.accessControlExposeHeaders] = Self.list(Self.readFields)
            return
        }
        response.headers[.accessControlAllowMethods] = response.headers[.allow]
        response.headers[.accessControlAllowHeaders] = Self.list(Self.sentFields)
        response.headers[.accessControlMaxAge] = "600"
    }

    private static func list(_ names: [HTTPField.Name]) -> String {
        names.map(\.rawName).joined(separator: ", ")
    }
}
