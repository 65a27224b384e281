import Glibc
import SystemPackage

/// A small text file, and who may read it.
struct PrivateFile {
    let text: String
    /// Permission bits; 0 for what is no regular file, as standard input.
    let mode: UInt32

    /// Reads standard input if `path` is nil.
    ///
    /// Throws `.settings` for a file that cannot be read or is larger than `limit` bytes.
    init(_ path: FilePath?, limit: Int) throws(ClientError) {
        let name = path ?? "standard input"
        do {
            let file =
                try path.map { try FileDescriptor.open($0, .readOnly, options: [.closeOnExec]) }
                ?? FileDescriptor.standardInput.duplicate()
            (text, mode) = try file.closeAfter {
                var status = stat()
                guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4096)
                while bytes.count <= limit {
                    let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                    if count == 0 { break }
                    bytes += buffer.prefix(count)
                }
                guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self) else {
                    throw ClientError(.settings, "\(name): it is no text of at most \(limit) bytes.")
                }
                return (text, status.st_mode & S_IFMT == S_IFREG ? status.st_mode & 0o7777 : 0)
            }
        } catch let error as ClientError {
            throw error
        } catch {
            throw ClientError(.settings, "\(name): \(error)", cause: error)
        }
    }
}
