import CMicroHTTPD
import Glibc
import Logging

// Free functions: the library calls them on its own threads, where a closure that inherits an actor's isolation would
// stop the process.

private func core(_ context: UnsafeMutableRawPointer?) -> ServerCore? {
    context.map { Unmanaged<ServerCore>.fromOpaque($0).takeUnretainedValue() }
}

private func connection(of handle: OpaquePointer) -> Connection? {
    cmicrohttpd_socket_context(handle).map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
}

/// The request line is there.
///
/// What is returned, the exchange, retained, is the request's pointer until `requestCompleted`.
func targetReceived(
    context: UnsafeMutableRawPointer?,
    target: UnsafePointer<CChar>?,
    handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let core = core(context), let target, let handle, let connection = connection(of: handle) else { return nil }
    connection.requestLineEnded(at: core.now)
    let bytes = UnsafeRawBufferPointer(start: target, count: strlen(target))
    let exchange = Exchange(
        connection: connection,
        server: core,
        handle: LibraryConnection(pointer: handle),
        target: Array(bytes),
        address: UInt(bitPattern: target)
    )
    return Unmanaged.passRetained(exchange).toOpaque()
}

/// The header call, body calls and final calls of a request; which one it is, the exchange knows.
func requestCalled(
    context: UnsafeMutableRawPointer?,
    handle: OpaquePointer?,
    url: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?,
    version: UnsafePointer<CChar>?,
    data: UnsafePointer<CChar>?,
    size: UnsafeMutablePointer<Int>?,
    request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let handle, let method, let version, let size, let pointer = request?.pointee else { return .NO }
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    if size.pointee > 0, let data {
        let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
        return exchange.body(bytes, remaining: &size.pointee) ? .YES : .NO
    }
    if exchange.hasBegun {
        return exchange.callWithoutBytes() ? .YES : .NO
    }
    var head = RequestHead(
        method: UnsafeRawBufferPointer(start: method, count: strlen(method)),
        target: exchange.target,
        version: UnsafeRawBufferPointer(start: version, count: strlen(version))
    )
    withUnsafeMutablePointer(to: &head) { head in
        _ = MHD_get_connection_values_n(handle, .HEADER_KIND, headerFound, head)
    }
    return exchange.begin(head) ? .YES : .NO
}

private func headerFound(
    context: UnsafeMutableRawPointer?,
    kind: MHD_ValueKind,
    name: UnsafePointer<CChar>?,
    nameSize: Int,
    value: UnsafePointer<CChar>?,
    valueSize: Int
) -> MHD_Result {
    guard let context else { return .NO }
    context.assumingMemoryBound(to: RequestHead.self).pointee.fields.append(
        RequestHead.Field(
            name: UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameSize),
            value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
        )
    )
    return .YES
}

/// Called once for every request whose line was received.
func requestCompleted(
    context: UnsafeMutableRawPointer?,
    handle: OpaquePointer?,
    request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    code: MHD_RequestTerminationCode
) {
    guard let request, let pointer = request.pointee else { return }
    request.pointee = nil
    Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue().completed(code)
}

/// A connection is started or about to be closed; the socket's context is our connection, retained in between.
func connectionChanged(
    context: UnsafeMutableRawPointer?,
    handle: OpaquePointer?,
    socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    what: MHD_ConnectionNotificationCode
) {
    guard let core = core(context), let handle, let socketContext else { return }
    if what == .CONNECTION_NOTIFY_STARTED {
        guard let connection = core.connections.find(cmicrohttpd_socket(handle)) else { return }
        connection.started(LibraryConnection(pointer: handle), core.options.credentials)
        socketContext.pointee = Unmanaged.passRetained(connection).toOpaque()
    } else if let pointer = socketContext.pointee {
        socketContext.pointee = nil
        core.connections.remove(Unmanaged<Connection>.fromOpaque(pointer).takeRetainedValue())
    }
}

/// The library reports every client that goes away; that is ours to judge, so its words are for debugging only.
func libraryLogged(context: UnsafeMutableRawPointer?, message: UnsafePointer<CChar>?) {
    guard let core = core(context), let message, core.logger.logLevel <= .debug else { return }
    core.logger.debug("libmicrohttpd", metadata: ["message": "\(String(cString: message))"])
}

/// The library's state is broken; going on would corrupt memory.
func libraryPanicked(reason: UnsafePointer<CChar>?) {
    let text = "libmicrohttpd: fatal: \(reason.map { String(cString: $0) } ?? "")\n"
    _ = Array(text.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    abort()
}
