/// What a request's header section says about its body.
enum BodyLength: Sendable, Hashable {
    case none
    /// No body, where one is usual and a length was expected.
    ///
    /// A body that the library was made to overlook would be read as the next request, so the connection ends with the
    /// response.
    case missing
    case known(Int64)
    /// Chunked: the body ends where it says.
    case chunked

    var declared: Int64? {
        switch self {
        case .none, .missing: 0
        case .known(let length): length
        case .chunked: nil
        }
    }

    var isEmpty: Bool { self == .none || self == .missing }

    /// Whether it is in doubt where the next request begins: 0.9.75 reads chunks leniently.
    var endsConnection: Bool { self == .chunked || self == .missing }
}
