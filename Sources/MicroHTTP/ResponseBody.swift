package import SystemPackage

/// The bytes of a response.
package struct ResponseBody: Sendable {
    enum Storage: Sendable {
        case empty
        case bytes([UInt8])
        case file(OwnedFile, offset: Int64, length: Int64)
    }

    let storage: Storage

    package static let empty = Self(storage: .empty)

    package static func bytes(_ bytes: [UInt8]) -> Self {
        Self(storage: bytes.isEmpty ? .empty : .bytes(bytes))
    }

    package static func text(_ text: String) -> Self {
        .bytes(Array(text.utf8))
    }

    /// `length` bytes of an open file from `offset` on, sent with sendfile(2).
    ///
    /// The descriptor belongs to the response from here on, which closes it, sent or not. The range must lie within the
    /// file, and the file must not be truncated meanwhile: the client would wait for bytes that never come.
    package static func file(_ descriptor: FileDescriptor, offset: Int64, length: Int64) -> Self {
        Self(storage: .file(OwnedFile(descriptor), offset: offset, length: length))
    }

    package var length: Int64 {
        switch storage {
        case .empty: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let length): length
        }
    }
}
