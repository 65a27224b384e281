import Digests
import FoundationEssentials
import HTTPTypes
import Ingest
import MicroHTTP

/// What an upload that outlives its requests is to become, as the ledger keeps it for the request that completes it.
struct StoredRequest: Codable, Hashable, Sendable {
    /// Where the file goes, relative to the bucket; nil is the bucket itself.
    var directory: String?
    /// `Upload-Metadata`, as the client sent it.
    var metadata: String?
    /// `Upload-Concat`, as the client sent it.
    var concatenation: String?
    /// Whether the file's name must be free (`If-None-Match: *`) when it gets it; nil: no.
    var isNew: Bool?
    /// What the request that began an upload in the IETF's protocol was for; nil: it was begun by tus.
    var target: StoredTarget?
    /// Of the fields of that request those that count at the end.
    var fields: [StoredField]?

    init(directory: BucketPath?, metadata: String?, concatenation: String?, fields: HTTPFields) throws(Problem) {
        self.directory = directory?.description
        self.metadata = metadata
        self.concatenation = concatenation
        self.fields = try StoredField.fields(fields, [.reprDigest])
    }

    init(_ upload: UploadRequest) throws(Problem) {
        target = StoredTarget(upload)
        fields = try StoredField.fields(upload.request.headers, StoredField.kept)
    }

    /// Throws for what an earlier release wrote in another way.
    init(_ record: UploadRecord) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(record.request))
    }

    func bytes() throws -> [UInt8] {
        Array(try JSONEncoder().encode(self))
    }

    /// Whether it is a part of an upload to come, and no file.
    var isPiece: Bool { concatenation == "partial" }
    /// Whether it consists of others.
    var isMadeOfPieces: Bool { concatenation != nil && !isPiece }
    var path: BucketPath? { directory.map { BucketPath(recorded: Array($0.utf8)) } }

    /// The fields as if all had come in one request.
    ///
    /// Of the requests that follow, none says anything of the whole: their representation is a patch (RFC 9530 section 3).
    func headers() -> HTTPFields {
        var headers: HTTPFields = [:]
        for field in fields ?? [] {
            if let name = HTTPField.Name(field.name) {
                headers.append(HTTPField(name: name, value: field.value))
            }
        }
        return headers
    }

    /// The same with what has come behind the content of the request that began the upload.
    ///
    /// Throws 400 for what its header section, `creation`, announced and did not come.
    func headers(creation: HTTPFields, trailers: HTTPFields) throws(Problem) -> HTTPFields {
        let awaited = AwaitedDigests(creation, of: [.reprDigest])
        var headers = headers()
        guard !awaited.algorithms.isEmpty else { return headers }
        _ = try awaited.claims(in: trailers, computed: awaited.algorithms)
        if let value = trailers[.reprDigest] {
            headers.append(HTTPField(name: .reprDigest, value: value))
        }
        return headers
    }

    /// What must be computed of the whole for the claims about it; `creation` is the header section of the request that
    /// begins the upload, if that may be the last as well.
    func digests(creation: HTTPFields = [:]) throws(Problem) -> Set<DigestAlgorithm> {
        let claims = try DigestFields.claims(in: headers(), of: [.reprDigest])
        return AwaitedDigests(creation, of: [.reprDigest]).algorithms.union(claims.map(\.digest.algorithm))
    }
}

/// A header field of a request.
struct StoredField: Codable, Hashable, Sendable {
    var name: String
    var value: String

    /// What decides on a file's name, its record and the answer; conditions are in the target.
    static let kept: [HTTPField.Name] = [
        .contentType, .contentDisposition, .accept, .reprDigest, .wantReprDigest, .prefer,
    ]
    /// Bytes of all of them: they are kept for as long as the upload.
    private static let sizeLimit = 8 << 10

    static func fields(_ fields: HTTPFields, _ names: [HTTPField.Name]) throws(Problem) -> [Self]? {
        var stored: [Self] = []
        var size = 0
        for name in names {
            guard let value = fields[name] else { continue }
            stored.append(Self(name: name.rawName, value: value))
            size += value.utf8.count
        }
        guard size <= sizeLimit else { throw .uploadFieldsTooLarge(sizeLimit) }
        return stored.isEmpty ? nil : stored
    }
}

/// What a request was for that brings files.
struct StoredTarget: Codable, Hashable, Sendable {
    enum Kind: String, Codable, Sendable {
        case form
        case directory
        case file
    }

    var kind: Kind
    /// The directory or the file, relative to the bucket; nil is the bucket itself.
    var path: String?
    /// Of a file: `absent`, `exists`, or digests in hexadecimal, separated by commas; nil: none.
    ///
    /// What held when the upload began must hold when it is published.
    var precondition: String?

    init(_ upload: UploadRequest) {
        switch upload.target {
        case .form: kind = .form
        case .directory(let directory):
            kind = .directory
            path = directory?.description
        case .file(let file, let precondition):
            kind = .file
            path = file.description
            self.precondition =
                switch precondition {
                case .none: nil
                case .absent: "absent"
                case .exists: "exists"
                case .digest(let digests): digests.map(\.hexadecimal).joined(separator: ",")
                }
        }
    }

    var target: UploadRequest.Target {
        let path = path.map { BucketPath(recorded: Array($0.utf8)) }
        switch (kind, path) {
        case (.file, let path?): return .file(path, condition)
        case (.form, _): return .form
        case (.directory, _), (.file, nil): return .directory(path)
        }
    }

    private var condition: Precondition {
        switch precondition {
        case nil: .none
        case "absent": .absent
        case "exists": .exists
        case let digests?: .digest(digests.split(separator: ",").compactMap { SHA256Digest(hexadecimal: String($0)) })
        }
    }
}
