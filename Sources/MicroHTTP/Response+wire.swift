import CMicroHTTPD
import Glibc
import HTTPTypes
import SystemPackage

extension Response {
    /// What the server decides itself.
    private static let framing: Set<HTTPField.Name> = [.contentLength, .transferEncoding, .connection, .date]

    var wantsClose: Bool {
        headers[values: .connection].contains { $0.lowercased() == "close" }
    }

    /// The response, or a refusal in its place where it is a file: that cannot be written past the library.
    var sendable: Response {
        guard case .file = body.storage else { return self }
        return Problem(.badRequest, "body-not-read", "The body was not awaited.").response
    }

    /// The whole response as bytes, for a socket written past the library; it ends the connection.
    ///
    /// A file's bytes are left out (with `Content-Length: 0`): this is for refusals.
    func rawBytes(isHead: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nConnection: close\r\n"
        for field in headers where !Self.framing.contains(field.name) {
            head += "\(field.name.rawName): \(field.value)\r\n"
        }
        var bytes: [UInt8] = []
        if case .bytes(let content) = body.storage { bytes = content }
        head += "Content-Length: \(bytes.count)\r\n\r\n"
        return Array(head.utf8) + (isHead ? [] : bytes)
    }

    /// Hands the response to the library, from the thread that serves the connection.
    ///
    /// Returns whether the library took it; a file it did not take is closed.
    func queue(on connection: OpaquePointer, closing: Bool) -> Bool {
        guard let response = libraryResponse() else { return false }
        defer { MHD_destroy_response(response) }
        if closing || wantsClose {
            // First, because adding it after other fields resets flags of theirs in 0.9.75.
            MHD_add_response_header(response, "Connection", "close")
        }
        for field in headers where !Self.framing.contains(field.name) && !field.value.isEmpty {
            MHD_add_response_header(response, field.name.rawName, field.value)
        }
        return MHD_queue_response(connection, UInt32(status.code), response) == .YES
    }

    private func libraryResponse() -> OpaquePointer? {
        switch body.storage {
        case .empty:
            return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
        case .bytes(let bytes):
            return bytes.withUnsafeBytes {
                MHD_create_response_from_buffer(
                    $0.count,
                    UnsafeMutableRawPointer(mutating: $0.baseAddress),
                    .RESPMEM_MUST_COPY
                )
            }
        case .file(let file, let offset, let length):
            guard let descriptor = file.take() else { return nil }
            // A length of 0 would be taken for "until the end of the file".
            guard length > 0 else {
                _ = close(descriptor.rawValue)
                return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
            }
            let response = MHD_create_response_from_fd_at_offset64(
                UInt64(length),
                descriptor.rawValue,
                UInt64(offset)
            )
            if response == nil { _ = close(descriptor.rawValue) }
            return response
        }
    }
}
