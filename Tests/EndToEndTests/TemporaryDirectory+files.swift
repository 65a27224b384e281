import IngestTesting

extension TemporaryDirectory {
    /// The paths of all that is no directory.
    func files(below root: String) -> [String] {
        names(in: root).flatMap { name in
            isDirectory("\(root)/\(name)") ? files(below: "\(root)/\(name)").map { "\(name)/\($0)" } : [name]
        }
    }
}
