import Glibc
import IngestTesting
import SystemPackage
import Testing

@Suite struct TemporaryDirectoryTests {
    @Test func itGoesWithEverythingInIt() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory?.path.string)
        try directory?.makeDirectory("a/b")
        try directory?.write([1, 2], to: "a/b/c")
        #expect(try directory?.read("a/b/c") == [1, 2])
        #expect(directory?.names(in: "a/b") == ["c"])
        #expect(directory?.exists("a/b/c") == true)
        #expect(symlink("/", "\(path)/a/root") == 0)
        #expect(chmod("\(path)/a/b", 0) == 0)
        directory = nil
        #expect(access(path, F_OK) == -1)
        #expect(access("/etc", F_OK) == 0)
    }

    @Test func eachIsAnother() throws {
        let one = try TemporaryDirectory()
        let two = try TemporaryDirectory(in: one.path)
        #expect(two.path != one.path)
        #expect(one.names() == [two.path.lastComponent?.string])
    }
}
