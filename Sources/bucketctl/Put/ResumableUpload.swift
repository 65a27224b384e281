/// How far an upload of several requests is, as its client knows it.
///
/// The upload is created without content, so that its resource is known before a byte is sent.
struct ResumableUpload: Sendable {
    enum Action: Hashable, Sendable {
        case create
        /// Ask how much is there.
        case ask(String)
        /// Send all from this offset on.
        case send(String, from: Int64)
        /// Everything is there: ask for the answer that was lost.
        case collect(String)
    }

    let size: Int64
    private(set) var action: Action
    /// Times that the server had lost it.
    private var losses = 0
    private var farthest: Int64 = 0

    private static let maxLosses = 3

    /// `resource` is what an earlier run has left.
    init(size: Int64, resource: String? = nil) {
        self.size = size
        action = resource.map(Action.ask) ?? .create
    }

    var resource: String? {
        switch action {
        case .create: nil
        case .ask(let resource), .send(let resource, _), .collect(let resource): resource
        }
    }

    mutating func created(_ resource: String) {
        action = .send(resource, from: 0)
    }

    /// Takes how many bytes the server has; whether they are more than it ever told.
    mutating func told(_ offset: Int64, isComplete: Bool) -> Bool {
        guard let resource else { return false }
        guard offset >= 0, offset <= size, !isComplete || offset == size else {
            // It is another upload.
            action = .create
            return false
        }
        action = isComplete ? .collect(resource) : .send(resource, from: offset)
        defer { farthest = max(farthest, offset) }
        return offset > farthest
    }

    /// A request ended without an answer, or with one that says nothing of the upload, or that its offset is another.
    mutating func interrupted() {
        if let resource { action = .ask(resource) }
    }

    /// The server does not know the upload; false if that has happened too often to go on.
    mutating func lost() -> Bool {
        action = .create
        losses += 1
        return losses <= Self.maxLosses
    }
}
