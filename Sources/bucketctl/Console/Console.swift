import Glibc
import SystemPackage

/// What the program prints.
///
/// Blocks while a reader of it takes its time.
enum Console {
    /// Writes text to standard output.
    ///
    /// Nothing that a command promised to print may be lost silently: the program ends where it cannot be written. The
    /// reader of a pipe that is gone needs no explanation.
    static func write(_ text: String) {
        do {
            _ = try FileDescriptor.standardOutput.writeAll(text.utf8)
        } catch let error as Errno where error == .brokenPipe {
            exit(1)
        } catch {
            complain("standard output: \(error)")
            exit(1)
        }
    }

    static func print(_ line: String) { write(line + "\n") }

    /// A line on standard error with the program's name; one that cannot be written is lost, for there is nowhere left to
    /// say so.
    static func complain(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll("bucketctl: \(text)\n".utf8)
    }

    /// The same about a name, which may be anybody's.
    static func complain(of name: String, _ error: any Error) {
        complain("\(VisibleText(name)): \(VisibleText(ClientError(wrapping: error).message))")
    }

    static func complain(of name: String, _ error: ClientError, tryingAgainIn pause: Duration) {
        let seconds = (pause / .milliseconds(100)).rounded() / 10
        complain("\(VisibleText(name)): \(VisibleText(error.message)) Trying again in \(seconds) s.")
    }
}
