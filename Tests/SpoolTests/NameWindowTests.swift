import Testing

@testable import Spool

@Suite struct NameWindowTests {
    /// All names, window by window, as a directory would be read.
    private func sorted(_ names: [(text: String, isDirectory: Bool)], capacity: Int) -> (names: [String], windows: Int)
    {
        var all: [String] = []
        var last: [UInt8]?
        var windows = 0
        while true {
            var window = NameWindow(after: last, capacity: capacity)
            windows += 1
            for name in names.shuffled() {
                Array(name.text.utf8).withUnsafeBytes { window.insert($0, isDirectory: name.isDirectory) }
                #expect(window.size <= max(capacity, 300))
            }
            window.sort()
            while let name = window.pop() {
                all.append(String(decoding: name, as: UTF8.self))
                last = name
            }
            guard window.isCut else { return (all, windows) }
        }
    }

    @Test(arguments: [(count: 100, capacity: 1), (2000, 500), (2000, 20_000), (2000, 1 << 20)])
    func everyNameComesOnceAndInOrderHoweverSmallTheWindow(count: Int, capacity: Int) {
        let names = (0..<count).map { number in
            (text: "\(number * 7919 % count)" + ["", " é", "~", "-b", "!"][number % 5], isDirectory: number % 3 == 0)
        }
        let (found, windows) = sorted(names, capacity: capacity)
        let expected = names.map { $0.text + ($0.isDirectory ? "/" : "") }.sorted { left, right in
            left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        #expect(found == expected)
        #expect((windows == 1) == (capacity == 1 << 20))
    }

    @Test func aDirectoryComesWhereThePathsOfItsFilesDo() {
        let names = [("d.txt", false), ("d", true), ("d0", false), ("d-", false)].map { (text: $0, isDirectory: $1) }
        #expect(sorted(names, capacity: 1000).names == ["d-", "d.txt", "d/", "d0"])
    }

    @Test func anEmptyDirectoryHasNone() {
        #expect(sorted([], capacity: 1000).names.isEmpty)
    }
}
