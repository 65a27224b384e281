import Glibc
import SystemPackage

extension SettingsFile {
    private static let maxBytes = 1 << 20

    /// The file's text.
    ///
    /// Opening does not wait: a FIFO has no end and a device may have none, so only regular files are read.
    static func read(_ path: FilePath) throws(SettingsError) -> String {
        func problem(_ reason: String) -> SettingsError {
            SettingsError(problems: [SettingsProblem(.file(path, line: nil), key: nil, reason: reason)])
        }
        let bytes: [UInt8]
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
            bytes = try file.closeAfter {
                var status = stat()
                guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
                guard status.st_mode & S_IFMT == S_IFREG else { throw problem("It is not a regular file.") }
                return try read(file)
            }
        } catch let error as SettingsError {
            throw error
        } catch {
            throw problem("It cannot be read: \(error).")
        }
        guard bytes.count <= maxBytes else { throw problem("The file is larger than 1 MiB.") }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.starts(with: [0xFE, 0xFF])
            || bytes.starts(with: [0xFF, 0xFE])
        {
            throw problem("The file begins with a byte order mark: save it as UTF-8 without one.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw problem("The file is not UTF-8 text.") }
        guard !text.utf8.contains(0) else { throw problem("The file holds a NUL byte.") }
        return text
    }

    /// One byte more than is taken, at most.
    private static func read(_ file: FileDescriptor) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maxBytes + 1)
        var end = 0
        while end < bytes.count {
            let count = try bytes.withUnsafeMutableBytes { buffer in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
            }
            if count == 0 { break }
            end += count
        }
        return Array(bytes[..<end])
    }
}
