/// The library's handle of a connection.
///
/// Proof of sendability: it is used on the worker thread that serves the connection, inside the library's calls, and
/// elsewhere only to resume the connection while it is suspended, under the exchange's lock; a suspended connection is
/// never freed, and what our connection keeps of it is not used once it is closed.
struct LibraryConnection: @unchecked Sendable {
    let pointer: OpaquePointer
}
