import Glibc

/// The terminal that standard error is.
enum Terminal {
    static var isThere: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns; 80 where it does not say.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
