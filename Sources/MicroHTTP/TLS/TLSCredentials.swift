import CMicroHTTPD
import Glibc

/// What connections over TLS are served with: a certificate with its key and, where clients must show one too, the
/// authorities that sign theirs.
package final class TLSCredentials: @unchecked Sendable {  // Proof: what is behind the pointer never changes.
    private let pointer: OpaquePointer

    /// The first second since 1970 at which the certificate is not valid any more, where it says so.
    package var expiry: Int64? {
        let time = cmicrohttpd_credentials_expiry(pointer)
        return time < 0 ? nil : Int64(time)
    }

    /// Texts in PEM; behind the certificate its chain may follow.
    ///
    /// Throws `.invalidCredentials` with the reason, for a key of another certificate too.
    package init(certificate: String, key: String, clientAuthorities: String? = nil) throws(HTTPServerError) {
        var reason: UnsafePointer<CChar>?
        let made =
            if let clientAuthorities {
                cmicrohttpd_credentials_make(certificate, key, clientAuthorities, &reason)
            } else {
                cmicrohttpd_credentials_make(certificate, key, nil, &reason)
            }
        guard let made else {
            let text = reason.map { String(cString: $0) } ?? "unknown"
            throw HTTPServerError(
                .invalidCredentials,
                "The certificate, its key or the authorities are of no use: \(text)"
            )
        }
        pointer = made
    }

    deinit {
        cmicrohttpd_credentials_free(pointer)
    }

    /// To be called when the library says that the connection is started; they must live until it is closed.
    func use(on connection: OpaquePointer) -> Bool {
        cmicrohttpd_credentials_use(connection, pointer) == 0
    }
}
