import Glibc
package import SystemPackage

/// Where the build put the programs that tests run.
package enum Executables {
    /// A product in the directory of the running test program.
    package static func path(of product: String) throws -> FilePath {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let size = readlink("/proc/self/exe", &buffer, buffer.count)
        guard size > 0 else { throw Errno(rawValue: errno) }
        let program = FilePath(String(decoding: buffer.prefix(size), as: UTF8.self))
        return program.removingLastComponent().appending(product)
    }
}
