import CCurl
import HTTPTypes
import SystemPackage

/// A handle of libcurl's, with the connections that it keeps.
final class TransferHandle: @unchecked Sendable {
    // Proof: a client's list of idle handles hands each out to one transfer at a time.
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        ccurl_close(handle)
    }

    /// Blocks until the transfer has ended.
    func perform(
        _ request: ClientRequest,
        _ transfer: Transfer,
        _ options: HTTPClientOptions
    ) throws(OutboundError) -> ClientResponse {
        let lines = request.fields.map { field in
            // A line that ends behind its colon would have libcurl leave a field of its own out.
            field.value.isEmpty ? "\(field.name.rawName);" : "\(field.name.rawName): \(field.value)"
        }
        var result = ccurl_result()
        withCStrings(lines) { lines in
            withCString(request.url) { url in
                withCString(options.unixSocket?.string) { socket in
                    withCString(options.authorities?.string) { authorities in
                        withCString(options.userAgent) { agent in
                            withCString(request.method.rawValue) { method in
                                var call = Self.callbacks(of: transfer)
                                call.method = method
                                call.url = url
                                call.fields = lines
                                call.unix_socket = socket
                                call.authorities = authorities
                                call.user_agent = agent
                                call.connect_milliseconds = Int(options.connectTimeout / .milliseconds(1))
                                call.stall_seconds = Int(options.stallTimeout.components.seconds)
                                ccurl_perform(handle, &call, &result)
                            }
                        }
                    }
                }
            }
        }
        return try transfer.end(result)
    }

    private static func callbacks(of transfer: Transfer) -> ccurl_request {
        var call = ccurl_request()
        call.has_content = transfer.hasContent ? 1 : 0
        call.content_size = transfer.contentSize
        call.context = Unmanaged.passUnretained(transfer).toOpaque()
        call.read = { context, buffer, size in
            Transfer.of(context)?.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size)) ?? -1
        }
        call.rewind = { context in Transfer.of(context)?.rewind() == true ? 0 : -1 }
        call.head = { context, line, size in
            Transfer.of(context)?.takeHead(UnsafeRawBufferPointer(start: line, count: size)) == true ? 0 : -1
        }
        call.write = { context, bytes, size in
            Transfer.of(context)?.take(UnsafeRawBufferPointer(start: bytes, count: size)) == true ? 0 : -1
        }
        call.is_cancelled = { context in Transfer.of(context)?.isCancelled == true ? 1 : 0 }
        return call
    }
}

extension Transfer {
    fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension OutboundError {
    /// In libcurl's words.
    init(_ result: ccurl_result) {
        let code: Code =
            switch result.outcome {
            case ccurl_unknown_host: .unknownHost
            case ccurl_unreachable: .unreachable
            case ccurl_interrupted: .interrupted
            case ccurl_timed_out: .timedOut
            case ccurl_untrusted: .untrusted
            case ccurl_malformed: .malformed
            case ccurl_unusable: .unusable
            default: .failed
            }
        let message = withUnsafeBytes(of: result.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let cause = result.cause == 0 ? nil : Errno(rawValue: result.cause)
        self.init(code, message.hasSuffix(".") ? message : message + ".", cause: cause)
    }
}

private func withCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString(body)
}

/// Lends a NULL-terminated array of C strings.
private func withCStrings(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Void) {
    var bytes: [CChar] = []
    let starts = strings.map { string in
        defer { bytes += string.utf8CString }
        return bytes.count
    }
    bytes.withUnsafeBufferPointer { buffer in
        let pointers: [UnsafePointer<CChar>?] = starts.map { buffer.baseAddress?.advanced(by: $0) } + [nil]
        pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
