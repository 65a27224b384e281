package import SystemPackage

package struct HTTPClientOptions: Sendable {
    /// Connect to this socket, whatever host a URL names.
    package var unixSocket: FilePath?
    /// Certificates of authorities, in PEM; nil: the system's.
    package var authorities: FilePath?
    package var userAgent = "bucketd"
    package var connectTimeout = Duration.seconds(30)
    /// How long nothing may come or go, also while the server thinks; in whole seconds.
    package var stallTimeout = Duration.seconds(120)
    /// Bytes of a response that no sink takes.
    package var contentLimit = 16 << 20

    package init() {}
}
