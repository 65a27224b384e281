import Glibc

/// The value of a variable in the process's environment.
package func environmentValue(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
