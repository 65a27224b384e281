import Ingest
import Multipart

/// Turns the events of one form into uploads.
struct FormFiles {
    private enum Part {
        case none
        /// A field that is no file: counted and dropped.
        case field(bytes: Int)
        /// A file part without a name: what a browser sends where no file was chosen, unless there is content.
        case unnamed(PartHeaders)
        case file(Upload)
    }

    /// Bytes of a field that is no file.
    static let fieldLimit = 64 << 10

    private(set) var count = 0
    private let batch: UploadBatch
    private let directory: BucketPath?
    private let collision: Collision
    private var part = Part.none

    init(batch: UploadBatch, directory: BucketPath?, collision: Collision) {
        self.batch = batch
        self.directory = directory
        self.collision = collision
    }

    /// Where the file is written whose bytes come now.
    var executor: (any TaskExecutor)? {
        if case .file(let upload) = part { upload.executor } else { nil }
    }

    mutating func take(_ event: MultipartEvent) async throws {
        switch event {
        case .partBegin(let headers): part = try await begin(headers)
        case .data(let bytes): try await append(bytes)
        case .partEnd: try await end()
        case .end: break
        }
    }

    private mutating func begin(_ headers: PartHeaders) async throws -> Part {
        guard let filename = headers.filename else { return .field(bytes: 0) }
        return filename.isEmpty ? .unnamed(headers) : .file(try await open(headers))
    }

    private mutating func open(_ headers: PartHeaders) async throws -> Upload {
        let intent = try UploadIntent(
            named: headers.filename ?? "",
            in: directory,
            collision: collision,
            claims: try DigestFields.claims(in: headers),
            contentType: headers.contentType
        )
        let upload = try await batch.begin(intent)
        count += 1
        return upload
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) async throws {
        switch part {
        case .none: break
        case .field(let size):
            guard size + bytes.count <= Self.fieldLimit else { throw Problem.fieldTooLarge(Self.fieldLimit) }
            part = .field(bytes: size + bytes.count)
        case .unnamed(let headers):
            let upload = try await open(headers)
            part = .file(upload)
            try await upload.append(bytes)
        case .file(let upload):
            try await upload.append(bytes)
        }
    }

    private mutating func end() async throws {
        if case .file(let upload) = part {
            try await upload.finish()
        }
        part = .none
    }
}
