package import Ingest

/// What the service needs to know beyond the bucket.
package struct UploadServiceOptions: Sendable {
    /// For names of forms and raw POSTs that are taken.
    package var collision = Collision.rename
    package var policy = RequestPolicy()
    package var access = AccessRules.none
    package var urls = ResourceURLs()
    /// Whether the server sends interim responses, by which clients learn of uploads that can be resumed.
    package var sendsInterimResponses = true
    /// Kinds of jobs that `POST /run-tasks` may start.
    package var tasks: [TaskDescription] = []
    /// Why the server is not ready for uploads; nothing when it is.
    package var readiness: @Sendable () async -> [Obstacle] = { [] }
    /// The metrics, and their content type.
    package var metrics: @Sendable () async -> (bytes: [UInt8], contentType: String) = { ([], "text/plain") }
    /// Told of each job that a client cancelled, after the ledger knows it: a run in progress is to be ended.
    package var jobWasCancelled: @Sendable (Job) async -> Void = { _ in }

    /// Told of each file that a client removed, after it is gone: what was made of it goes too.
    package var fileWasRemoved: @Sendable (BucketPath) async -> Void = { _ in }

    package init() {}
}
