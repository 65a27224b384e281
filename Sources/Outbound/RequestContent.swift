/// The content of a request, read while it is sent.
///
/// All is called on the thread of the transfer, one call after the other; what is thrown ends the transfer and is the
/// cause of its error.
package protocol RequestContent: AnyObject, Sendable {
    /// Bytes; nil: not known before the end.
    var length: Int64? { get }
    /// Fills the buffer, which is not empty, from its start; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
    /// Goes back to the first byte: the server closed a connection that was kept, before it took the request.
    func rewind() throws
}

/// Takes the content of a response while it comes, on the thread of the transfer.
package protocol ResponseSink: AnyObject, Sendable {
    /// Called once, before any content; false: it is not for the sink, and is kept in memory as that of any response.
    func begin(_ response: ClientResponse) throws -> Bool
    func take(_ bytes: UnsafeRawBufferPointer) throws
}

/// Content that is in memory.
package final class BytesContent: RequestContent, @unchecked Sendable {
    // Proof: `position` is only reached from the one transfer that it belongs to.
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var length: Int64? { Int64(bytes.count) }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = bytes[position...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        position += part.count
        return part.count
    }

    package func rewind() {
        position = 0
    }
}
