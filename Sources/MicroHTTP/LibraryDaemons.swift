/// A daemon of the library's for connections in the clear and one for those over TLS, as far as there are such listeners.
struct LibraryDaemons: Sendable {
    let all: [LibraryDaemon]

    init(_ core: ServerCore, for listeners: [Listener]) throws(HTTPServerError) {
        var daemons: [LibraryDaemon] = []
        do throws(HTTPServerError) {
            for isTLS in [false, true] where listeners.contains(where: { $0.isTLS == isTLS }) {
                guard !isTLS || core.options.credentials != nil else {
                    throw HTTPServerError(.invalidCredentials, "There is no certificate to serve TLS with.")
                }
                daemons.append(try LibraryDaemon(core, isTLS: isTLS))
            }
        } catch {
            for daemon in daemons { daemon.stop() }
            throw error
        }
        all = daemons
    }

    /// The one that serves the connections of a listener.
    func serving(_ listener: Listener) -> LibraryDaemon? { all.first { $0.isTLS == listener.isTLS } }

    /// As `LibraryDaemon.stop`.
    func stop() {
        for daemon in all { daemon.stop() }
    }
}
