import SystemPackage

enum StandardError {
    /// Writes a line; one that cannot be written is lost, for there is nowhere left to say so.
    static func print(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll((text + "\n").utf8)
    }
}
