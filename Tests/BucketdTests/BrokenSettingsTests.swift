import Configuration
import Glibc
import IngestTesting
import SystemPackage
import Testing

@testable import bucketd

/// Settings that cannot be, and the exact words that say so.
@Suite struct BrokenSettingsTests {
    private let directory: TemporaryDirectory
    private var file: FilePath { directory.file("settings.yaml") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func messages(
        flags: SettingsFlags = SettingsFlags(),
        environment: [String: String] = [:],
        _ file: FilePath? = nil
    ) -> [String] {
        do throws(SettingsError) {
            _ = try LoadedSettings(flags: flags, environment: environment, file: file)
            return []
        } catch {
            return error.problems.map { $0.description.replacingPath(self.file.string) }
        }
    }

    @Test(arguments: BrokenSettings.all)
    func everyMistakeIsNamed(broken: BrokenSettings) throws {
        try directory.write(broken.text.utf8, to: "settings.yaml")
        #expect(messages(file) == broken.messages)
    }

    @Test func thereAreEnoughOfThem() {
        #expect(BrokenSettings.all.count >= 30)
    }

    @Test(arguments: [
        ([0xEF, 0xBB, 0xBF, 0x0A], "FILE: The file begins with a byte order mark: save it as UTF-8 without one."),
        ([0xFF, 0xFE, 0x61, 0x00], "FILE: The file begins with a byte order mark: save it as UTF-8 without one."),
        ([0x61, 0x3A, 0x20, 0xFF], "FILE: The file is not UTF-8 text."),
        ([0x61, 0x00, 0x62], "FILE: The file holds a NUL byte."),
        ([UInt8](repeating: 0x23, count: (1 << 20) + 1), "FILE: The file is larger than 1 MiB."),
    ])
    func bytesThatAreNoText(bytes: [UInt8], message: String) throws {
        try directory.write(bytes, to: "settings.yaml")
        #expect(messages(file) == [message])
    }

    @Test func whatIsNoFileIsNotRead() throws {
        #expect(messages(file) == ["FILE: It cannot be read: No such file or directory."])
        try directory.makeDirectory("settings.yaml")
        #expect(messages(file) == ["FILE: It is not a regular file."])
        #expect(messages("/dev/zero") == ["/dev/zero: It is not a regular file."])
        let queue = directory.file("queue")
        try #require(mkfifo(queue.string, 0o600) == 0)
        #expect(messages(queue) == ["\(queue): It is not a regular file."])
    }

    @Test func nestedAsDeepAsYouLikeItIsAProblem() throws {
        try directory.write(String(repeating: "[", count: 1 << 19).utf8, to: "settings.yaml")
        #expect(messages(file).count == 1)
        try directory.write(("hosts: " + String(repeating: "- ", count: 1 << 18)).utf8, to: "settings.yaml")
        #expect(messages(file).count == 1)
    }

    /// Each line stands for ten of the one before it.
    @Test func aliasesThatMultiplyAreNotFollowed() throws {
        var text = "a0: &a0 [x]\n"
        for level in 1..<30 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        try directory.write((text + "hosts: *a29\n").utf8, to: "settings.yaml")
        #expect(messages(file).last == "FILE:31: hosts: The items of its list must be single values.")
    }

    @Test func variablesAreNamed() {
        let environment = [
            "BUCKETD_COLLISION": "explode", "BUCKETD_LIMITS_QUOTTA": "1", "BUCKETD_NONSENSE_AT_ALL": "",
            "BUCKETD_LISTEN": "127.0.0.1:1, here", "BUCKETD_STRICT": "1", "HOME": "/",
        ]
        #expect(
            messages(environment: environment) == [
                "BUCKETD_LIMITS_QUOTTA: There is no such setting; did you mean BUCKETD_LIMITS_QUOTA?",
                "BUCKETD_NONSENSE_AT_ALL: There is no such setting.",
                "BUCKETD_LISTEN: listen: “here” is not like 127.0.0.1:8080, tls:[::1]:8443, unix:/path or systemd.",
                "BUCKETD_COLLISION: collision: “explode” is not one of rename, replace, reject.",
            ]
        )
    }

    @Test func flagsAreNamed() {
        var flags = SettingsFlags()
        flags[.logLevel, "--log-level"] = .string("loud")
        flags[.listen, "--listen"] = .stringArray(["0.0.0.0:1"])
        #expect(
            messages(flags: flags) == [
                "--listen: listen: Anybody on the network could upload and delete: set auth.tokensFile, listen on loopback, or say "
                    + "--allow-anonymous.",
                "--log-level: logLevel: “loud” is not one of trace, debug, info, notice, warning, error, critical.",
            ]
        )
    }

    /// A value that another source overrules is not judged; its key is, wherever it is.
    @Test func allSourcesAreToldOfAtOnce() throws {
        try directory.write("collision: explode\nbukket: a\n".utf8, to: "settings.yaml")
        let environment = ["BUCKETD_COLLISION": "reject", "BUCKETD_QUOTA": "1"]
        #expect(
            messages(environment: environment, file) == [
                "FILE:2: bukket: There is no such key; did you mean bucket?",
                "BUCKETD_QUOTA: There is no such setting.",
            ]
        )
    }
}

extension String {
    /// With `FILE` in place of the path.
    fileprivate func replacingPath(_ path: String) -> String {
        hasPrefix(path) ? "FILE" + dropFirst(path.count) : self
    }
}
