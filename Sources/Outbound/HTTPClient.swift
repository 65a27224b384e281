import CCurl
package import Threading

/// Sends HTTP requests, each on a thread that may block.
///
/// Connections are kept for the next request. Redirects are answers as any other: credentials go nowhere else.
package final class HTTPClient: Sendable {
    private let options: HTTPClientOptions
    private let threads: BlockingThreads
    private let idle = Locked<[TransferHandle]>([])

    private static let isPrepared = ccurl_prepare() == 0

    /// As many requests are under way at a time as there are `threads`.
    package init(options: HTTPClientOptions, threads: BlockingThreads) {
        self.options = options
        self.threads = threads
    }

    /// The final response, of any status.
    ///
    /// `interim` gets responses of the class 1xx as they come, on the transfer's thread. Cancelling the task ends the
    /// transfer within a second.
    package func send(
        _ request: ClientRequest,
        content: (any RequestContent)? = nil,
        to sink: (any ResponseSink)? = nil,
        interim: (@Sendable (ClientResponse) -> Void)? = nil
    ) async throws(OutboundError) -> ClientResponse {
        let isCancelled = Locked(false)
        let outcome: Result<ClientResponse, OutboundError> = await withTaskCancellationHandler {
            await threads.run { [self] in
                Result { () throws(OutboundError) in
                    let transfer = Transfer(content, sink, interim, limit: options.contentLimit, isCancelled)
                    return try perform(request, transfer)
                }
            }
        } onCancel: {
            isCancelled.withLock { $0 = true }
        }
        return try outcome.get()
    }

    private func perform(_ request: ClientRequest, _ transfer: Transfer) throws(OutboundError) -> ClientResponse {
        let kept = idle.withLock { $0.popLast() }
        let handle = if let kept { kept } else { try Self.open() }
        defer { idle.withLock { $0.append(handle) } }
        return try handle.perform(request, transfer, options)
    }

    private static func open() throws(OutboundError) -> TransferHandle {
        guard isPrepared, let handle = ccurl_open() else {
            throw OutboundError(.failed, "libcurl cannot be used.")
        }
        return TransferHandle(handle)
    }
}
