extension UploadHistory.Promises {
    /// What a bucket with these files breaks.
    func broken(by found: [String: [UInt8]]) -> [String] {
        var broken: [String] = []
        var expected = files.compactMapValues { $0 }
        for change in open {
            let isThere = change.allSatisfy { name, content in found[name] == content }
            let isAbsent = change.allSatisfy { name, _ in found[name] == expected[name] }
            if !isThere && !isAbsent {
                broken.append("in part: \(change.keys.sorted())")
            }
            for name in change.keys {
                expected[name] = found[name]
            }
        }
        for (name, content) in expected.sorted(by: { $0.key < $1.key }) where found[name] != content {
            broken.append(found[name].map { "wrong: \(name), \($0.count) bytes" } ?? "lost: \(name)")
        }
        for name in found.keys.sorted() where expected[name] == nil {
            broken.append(files[name] == nil ? "never asked for: \(name)" : "deleted and there: \(name)")
        }
        return broken
    }
}
