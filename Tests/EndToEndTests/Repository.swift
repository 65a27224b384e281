import SystemPackage

/// Files of the checkout that the tests were built from.
enum Repository {
    static func file(_ path: String) -> FilePath {
        FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending(path)
    }

    static func read(_ path: String) throws -> [UInt8] {
        let file = try FileDescriptor.open(self.file(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                if count == 0 { return all }
                all += buffer.prefix(count)
            }
        }
    }
}
