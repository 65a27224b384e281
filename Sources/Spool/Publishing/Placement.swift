import Ingest
import SystemPackage

/// One upload of a publication and the name chosen for it.
struct Placement: Sendable {
    var publishable: Publishable
    var path: BucketPath
    /// Our own generation that it takes the place of.
    var replaced: FileRecord?

    var upload: SealedUpload { publishable.upload }
    var spoolName: FilePath { FilePath(upload.id.rawValue) }
    /// Where the spool keeps what is replaced, until nothing of the publication can fail any more.
    var keptName: FilePath { FilePath(upload.id.rawValue + ".old") }
    var fileName: FilePath { FilePath(bytes: path.lastComponent) }

    var newFile: NewFile {
        var file = NewFile(
            path: path,
            upload: upload.id,
            identity: upload.identity,
            digest: upload.digest,
            digests: upload.digests,
            contentType: publishable.contentType,
            originalName: publishable.originalName,
            replaces: replaced?.id,
            resource: publishable.resource
        )
        file.request = publishable.request
        file.owner = publishable.owner
        return file
    }

    /// Whether a name that was taken meanwhile is answered by taking another.
    var takesNextName: Bool {
        publishable.destination.collision == .rename && publishable.destination.precondition == .none
    }

    /// What to tell the client when the name holds something that must stay.
    var refusal: IngestError {
        switch (publishable.destination.precondition, publishable.destination.collision) {
        case (.none, .replace):
            IngestError(.notOurs, "The name holds a file that was put there or changed by others.")
        case (.none, _):
            IngestError(.nameTaken, "The name is taken.")
        default:
            IngestError(.preconditionFailed, "What the name holds is not what the request expects.")
        }
    }
}
