extension StringProtocol {
    /// The parts between slashes.
    ///
    /// By bytes, as the kernel and the server see them: a slash with a combining mark behind it is one Character, and
    /// no separator.
    func slashSeparated(omittingEmpty: Bool = true) -> [String] {
        utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: omittingEmpty)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
