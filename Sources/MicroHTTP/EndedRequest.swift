/// What is left to say of a request once the library is done with it.
struct EndedRequest: Sendable {
    /// Nil when the request was refused before its method was known to be one.
    let method: String?
    /// Nil when the request was refused before its header section was found sound.
    let client: PeerAddress?
    /// Nil when the client left before the answer.
    let status: Int?
    let failure: RequestBodyError.Code?
    let bodyBytes: Int64

    init(_ state: borrowing Exchange.State) {
        method = state.method
        client = state.client
        status = state.status
        failure = state.machine.failure
        bodyBytes = state.machine.received
    }
}
