import Glibc
package import SystemPackage

/// Where the credentials of TLS are kept: texts in PEM.
package struct TLSFiles: Sendable, Hashable {
    /// More is no certificate and no key, bytes.
    private static let maxSize = 1 << 20

    package var certificate: FilePath
    package var key: FilePath
    package var clientAuthorities: FilePath?

    package init(certificate: FilePath, key: FilePath, clientAuthorities: FilePath? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// Reads them; blocks.
    ///
    /// Throws `.invalidCredentials`, for a key that everybody may read, too.
    package func load() throws(HTTPServerError) -> TLSCredentials {
        let key = try Self.text(of: key, isSecret: true)
        let certificate = try Self.text(of: certificate)
        guard let clientAuthorities else { return try TLSCredentials(certificate: certificate, key: key) }
        return try TLSCredentials(
            certificate: certificate,
            key: key,
            clientAuthorities: try Self.text(of: clientAuthorities)
        )
    }

    private static func text(of path: FilePath, isSecret: Bool = false) throws(HTTPServerError) -> String {
        let bytes: [UInt8]
        do {
            // Not to wait for a writer, should it be a pipe.
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            bytes = try file.closeAfter { try read(file, path, isSecret: isSecret) }
        } catch let error as HTTPServerError {
            throw error
        } catch {
            let cause = error as? Errno
            throw HTTPServerError(
                .invalidCredentials,
                "\(path) cannot be read\(cause.map { ": \($0)" } ?? "").",
                cause: cause
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw HTTPServerError(.invalidCredentials, "\(path) is no text in PEM.")
        }
        return text
    }

    private static func read(_ file: FileDescriptor, _ path: FilePath, isSecret: Bool) throws -> [UInt8] {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= maxSize else {
            throw HTTPServerError(.invalidCredentials, "\(path) is no file of at most \(maxSize) bytes.")
        }
        guard !isSecret || status.st_mode & S_IRWXO == 0 else {
            throw HTTPServerError(.invalidCredentials, "\(path) is open to everybody: chmod o= \(path)")
        }
        return try [UInt8](unsafeUninitializedCapacity: maxSize) { buffer, count in
            let buffer = UnsafeMutableRawBufferPointer(buffer)
            while count < maxSize {
                let part = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
                guard part > 0 else { break }
                count += part
            }
        }
    }
}
