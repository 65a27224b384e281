/// What a body may cost before it is refused, sizes in bytes.
package struct MultipartLimits: Hashable, Sendable {
    /// Ignored bytes before the first delimiter.
    package var preamble = 16 * 1024
    /// Ignored bytes after the close delimiter.
    package var epilogue = 64 * 1024
    /// A part's header block, line ends included.
    package var partHeaderBytes = 16 * 1024
    /// Header lines of a part, ignored ones included.
    package var partHeaders = 16
    /// Parts of a body, fields and files together.
    package var parts = 1000

    package init() {}
}
