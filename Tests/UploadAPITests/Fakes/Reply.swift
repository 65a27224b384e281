import Glibc
import HTTPTypes
import SystemPackage

@testable import MicroHTTP

/// A response with the bytes that a client would read.
struct Reply {
    let status: Int
    let headers: HTTPFields
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }

    init(_ response: Response) {
        status = response.status.code
        headers = response.headers
        switch response.body.storage {
        case .empty: bytes = []
        case .bytes(let content): bytes = content
        case .file(let file, let offset, let length):
            guard let descriptor = file.take() else {
                bytes = []
                return
            }
            var content = [UInt8](repeating: 0, count: Int(length))
            let count = content.withUnsafeMutableBytes {
                pread(descriptor.rawValue, $0.baseAddress, $0.count, off_t(offset))
            }
            close(descriptor.rawValue)
            bytes = Array(content.prefix(max(0, count)))
        }
    }

    subscript(name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }
}
