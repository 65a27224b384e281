import Glibc
import SystemPackage
import Testing

/// The `bucketd-thumbnail` that was built with these tests, beside their bundle.
enum BuiltHelper {
    static func path() throws -> FilePath {
        let candidates = [executable()] + CommandLine.arguments.map { FilePath($0) }
        let helper =
            candidates
            .map { $0.removingLastComponent().appending("bucketd-thumbnail") }
            .first { $0.isAbsolute && access($0.string, X_OK) == 0 }
        return try #require(helper, "bucketd-thumbnail was not built; run `swift build`")
    }

    private static func executable() -> FilePath {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        return FilePath(String(decoding: buffer.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
