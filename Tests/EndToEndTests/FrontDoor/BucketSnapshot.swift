import IngestTesting

/// The files of a bucket and what is in them; a file that is not a whole upload has nil.
struct BucketSnapshot {
    private(set) var contents: [String: Content?] = [:]

    init(of directory: TemporaryDirectory, onlyNames: (String) -> Bool = { _ in true }) throws {
        for name in directory.names(in: "bucket") where onlyNames(name) {
            contents[name] = .some(Content(whole: try directory.read("bucket/\(name)")))
        }
    }
}
