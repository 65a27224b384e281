import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

@Suite struct LinuxFileCallsTests {
    /// openat2(2), and what stands in for it.
    @Test(arguments: [true, false])
    func pathsAreResolvedBeneathAndThroughNoLink(_ inOneCall: Bool) throws {
        let tree = try TemporaryDirectory()
        let calls = LinuxFileCalls()
        try tree.path.appending("d").makeDirectory()
        try tree.path.appending("d/file").write("text")
        try tree.path.appending("linked").link(to: "d")
        try tree.path.appending("d/linked").link(to: "file")
        let root = try calls.open(tree.path, in: workingDirectory, .directory)
        defer { try? root.close() }
        func text(_ path: FilePath) throws -> String {
            let file =
                try inOneCall
                ? calls.open(path, beneath: root, .read) : calls.openByComponent(path, beneath: root, .read)
            return try file.closeAfter { try contents(of: file) }
        }
        #expect(try text("d/file") == "text")
        for path: FilePath in ["linked/file", "d/linked", "../x", "/etc/passwd", "d/none", "d/file/x"] {
            #expect(throws: Errno.self) { try text(path) }
        }
    }

    @Test func aMissingAttributeIsNil() throws {
        let tree = try TemporaryDirectory()
        let calls = LinuxFileCalls()
        let file = try calls.open(tree.path.appending("f"), in: workingDirectory, .create)
        try file.closeAfter {
            #expect(try calls.attribute("user.none", of: file) == nil)
            try calls.setAttribute("user.some", of: file, to: [1, 2])
            #expect(try calls.attribute("user.some", of: file) == [1, 2])
        }
    }
}
