/// Notices that most of many connections are gone: what they took is free by then, but malloc keeps it.
struct Crowd {
    /// Fewer take too little for it to matter.
    private static let least = 256

    /// The most connections since the last crowd left.
    private var most = 0
    private var isLeaving = false

    /// To be told the number of connections regularly; true once for each crowd.
    ///
    /// One turn late, because the last of a request is freed a moment after its connection.
    mutating func hasLeft(connections count: Int) -> Bool {
        most = max(most, count)
        let hasLeft = isLeaving && most >= Self.least && count <= most / 2
        isLeaving = most >= Self.least && count <= most / 2 && !hasLeft
        if hasLeft { most = count }
        return hasLeft
    }
}
