import FoundationEssentials
import Ingest

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

    init(directory: BucketPath?, metadata: String?, concatenation: String?) {
        self.directory = directory?.description
        self.metadata = metadata
        self.concatenation = concatenation
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
}
