import CCurl
import HTTPTypes
import Threading

/// One request under way, as libcurl's callbacks see it; for the thread of the transfer.
final class Transfer {
    private let content: (any RequestContent)?
    private let sink: (any ResponseSink)?
    private let interim: ((ClientResponse) -> Void)?
    private let limit: Int
    private let cancellation: Locked<Bool>

    private var head = ResponseHead()
    private var response: ClientResponse?
    private var isForSink = false
    /// Why a callback gave up.
    private var failure: OutboundError?

    init(
        _ content: (any RequestContent)?,
        _ sink: (any ResponseSink)?,
        _ interim: ((ClientResponse) -> Void)?,
        limit: Int,
        _ cancellation: Locked<Bool>
    ) {
        self.content = content
        self.sink = sink
        self.interim = interim
        self.limit = limit
        self.cancellation = cancellation
    }

    var hasContent: Bool { content != nil }
    var contentSize: Int64 { content?.length ?? -1 }
    var isCancelled: Bool { cancellation.withLock { $0 } }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int64 {
        var count = 0
        let isRead = keeping { count = try content?.read(into: buffer) ?? 0 }
        return isRead ? Int64(count) : -1
    }

    func rewind() -> Bool {
        keeping { try content?.rewind() }
    }

    func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
        switch head.take(line) {
        case .more: return true
        case .interim(let response):
            interim?(response)
            return true
        case .final(let response):
            self.response = response
            return keeping { isForSink = try sink?.begin(response) ?? false }
        case .malformed:
            failure = OutboundError(.malformed, "What the server sent is not HTTP.")
            return false
        }
    }

    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if isForSink { return keeping { try sink?.take(bytes) } }
        guard (response?.content.count ?? 0) + bytes.count <= limit else {
            failure = OutboundError(.tooLarge, "The server's answer is larger than \(limit) bytes.")
            return false
        }
        response?.content.append(contentsOf: bytes)
        return true
    }

    /// What came of it, once the call of libcurl has returned.
    func end(_ result: ccurl_result) throws(OutboundError) -> ClientResponse {
        if result.outcome == ccurl_done, let response { return response }
        if let failure { throw failure }
        // A server that refuses does not wait for the rest of the content.
        if result.outcome == ccurl_interrupted, let response, response.status.code >= 400 { return response }
        if isCancelled { throw OutboundError(.cancelled, "The transfer was cancelled.") }
        throw OutboundError(result)
    }

    private func keeping(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            failure = OutboundError(.content, "The content cannot be read or stored.", cause: error)
            return false
        }
    }
}
