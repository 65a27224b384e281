import Glibc

/// What is going on, beside the tables, which go to standard output.
enum Progress {
    static func say(_ text: String) {
        let line = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
