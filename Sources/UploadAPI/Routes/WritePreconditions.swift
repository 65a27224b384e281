import HTTPTypes
import Ingest

/// Turns the conditions of a request that writes into one that the bucket checks and acts on in one step.
struct WritePreconditions: Sendable {
    let files: any BucketFiles

    /// Throws `.preconditionFailed` when they do not even hold now, which saves the client a body.
    ///
    /// What the bucket cannot check itself is decided here, and the bucket then holds to what was seen.
    func precondition(_ conditions: Conditions, for path: BucketPath) async throws -> Precondition {
        guard conditions.ifMatch != nil || conditions.ifNoneMatch != nil || conditions.ifUnmodifiedSince != nil else {
            return .none
        }
        let current = try await representation(of: path)
        guard conditions.outcome(for: current?.validators, isReading: false) == .proceed else {
            throw IngestError(.preconditionFailed, "The file is not as the request's conditions say.")
        }
        guard let current else { return .absent }
        if let digest = current.validators.tag.digest {
            return .digest([digest])
        }
        // Foreign or changed: a write is refused as such.
        return .exists
    }

    private func representation(of path: BucketPath) async throws -> Representation? {
        do {
            let file = try await files.open(path)
            let representation = Representation(file, path: path)
            representation.discard()
            return representation
        } catch let error as IngestError where error.code == .notFound {
            return nil
        }
    }
}
