import Glibc

/// Descriptors to be given up when no other is left, so that whoever waits in a listening socket is answered.
///
/// Whatever else opens a file in the moment between giving up and accepting takes what was meant for the accepted
/// connection, and may keep it for as long as an upload takes. Hence there are several.
struct SpareDescriptors {
    private static let limit = 8
    private var descriptors: [Int32] = []

    init() {
        refill()
    }

    /// Gives one up; false when none was left.
    mutating func giveUp() -> Bool {
        guard let descriptor = descriptors.popLast() else { return false }
        _ = close(descriptor)
        return true
    }

    /// Opens as many as were given up, or as can be.
    mutating func refill() {
        while descriptors.count < Self.limit {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            descriptors.append(descriptor)
        }
    }

    mutating func closeAll() {
        while giveUp() {}
    }
}
