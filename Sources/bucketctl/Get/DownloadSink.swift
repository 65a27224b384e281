import Digests
import Glibc
import HTTPTypes
import Outbound
import SystemPackage

/// Takes a file's content, over several responses if connections are lost, and hashes it.
final class DownloadSink: ResponseSink, @unchecked Sendable {
    // Proof: it is reached from the task of its download, and from the one transfer that this waits for.
    private let file: FileDescriptor?
    private var digest = StreamingDigest(.sha256)
    private(set) var position: Int64 = 0
    /// Bytes of the whole file; nil while that is not known.
    private var size: Int64?
    private var tag: String?
    /// What the server says of the whole file; nil where it vouches for nothing.
    private(set) var claimed: Digest?

    /// Writes into the file from its start; nil: hashes only.
    init(into file: FileDescriptor?) {
        self.file = file
    }

    /// All that came so far.
    var received: Digest { digest.finalize() }
    var isWhole: Bool { size == position }
    /// Whether the file is known to have another size than what came.
    var isCut: Bool { size.map { $0 != position } ?? false }

    /// The fields that ask for the rest, if it is that of the same content; none to begin anew.
    var range: HTTPFields {
        // A weak tag does not say that the bytes are the same (RFC 9110 section 13.1.5).
        guard position > 0, let tag, !tag.hasPrefix("W/") else { return [:] }
        return [.range: "bytes=\(position)-", .ifRange: tag]
    }

    /// Forgets what came.
    func beginAnew() {
        (position, size, tag, claimed, digest) = (0, nil, nil, nil, StreamingDigest(.sha256))
    }

    func begin(_ response: ClientResponse) throws -> Bool {
        switch response.status.code {
        case 200:
            beginAnew()
            if let file, ftruncate(file.rawValue, 0) != 0 { throw ClientError(.local, "\(Errno(rawValue: errno))") }
            size = response.fields[.contentLength].flatMap { Int64($0) }
        case 206:
            guard !range.isEmpty, let part = Self.part(response.fields[.contentRange]), part.start == position,
                size == nil || part.size == nil || size == part.size
            else {
                throw ClientError(.unexpected, "The server sent another part of the file than was asked for.")
            }
            size = size ?? part.size
        case 200..<300:
            // The content of 203 is another's, that of 204 none (RFC 9110 section 15.3).
            throw ClientError(.unexpected, "The server answered \(response.status.code), which is no file.")
        default:
            return false
        }
        tag = response.fields[.eTag]
        claimed = response.fields.reprSHA256
        return true
    }

    /// The first byte and, unless that is not known, the size of the whole (RFC 9110 section 14.4).
    private static func part(_ contentRange: String?) -> (start: Int64, size: Int64?)? {
        guard let match = contentRange?.wholeMatch(of: /bytes ([0-9]+)-[0-9]+\/([0-9]+|\*)/), let start = Int64(match.1)
        else { return nil }
        return (start, Int64(match.2))
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        if let file {
            do {
                _ = try file.writeAll(toAbsoluteOffset: position, bytes)
            } catch {
                throw ClientError(.local, "\(error)", cause: error)
            }
        }
        digest.update(bytes)
        position += Int64(bytes.count)
    }
}
