import IngestTesting

extension TemporaryDirectory {
    /// The paths of all that is no directory.
    func paths(below root: String) -> [String] {
        names(in: root).flatMap { name in
            isDirectory("\(root)/\(name)") ? paths(below: "\(root)/\(name)").map { "\(name)/\($0)" } : [name]
        }
    }
}
