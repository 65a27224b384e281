import CLinux
import Glibc
import SystemPackage
import ThumbnailWire

/// A running helper, by its process and control socket.
///
/// A value: whoever holds it last ends it, once. Every function here may block: call on a thread made for that.
struct ThumbnailHelperProcess: Sendable {
    let pid: pid_t
    let isolation: Isolation
    /// The daemon's end of the control socket.
    let control: CInt
    /// How many images it was given.
    var images = 0

    static func start(_ options: ThumbnailHelperOptions) throws(ThumbnailHelperError) -> Self {
        var ends: [CInt] = [-1, -1]
        guard clinux_message_pair(&ends) == 0 else {
            throw ThumbnailHelperError(.unavailable, "No socket for a thumbnail helper.", cause: Errno(rawValue: errno))
        }
        var pid: pid_t = -1
        let failure = spawn(options.path, ends[1], &pid)
        close(ends[1])
        guard failure == 0 else {
            close(ends[0])
            throw ThumbnailHelperError(
                .unavailable,
                "The thumbnail helper \(options.path) cannot be run.",
                cause: Errno(rawValue: failure)
            )
        }
        let unready = Self(pid: pid, isolation: .none, control: ends[0])
        do {
            let isolation = try unready.greeting(options)
            return Self(pid: pid, isolation: isolation, control: ends[0])
        } catch {
            unready.end()
            throw error
        }
    }

    /// `former` if it is alive and idle; else it is ended, and a new one started.
    static func living(_ former: Self?, _ options: ThumbnailHelperOptions) throws(ThumbnailHelperError) -> Self {
        if let former {
            if former.isQuiet { return former }
            former.end()
        }
        return try start(options)
    }

    /// Whether it neither ended nor said something unasked.
    private var isQuiet: Bool {
        var polled = pollfd(fd: control, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) == 0
    }

    func send(_ message: [UInt8], _ descriptors: [CInt] = []) throws(ThumbnailHelperError) {
        guard clinux_send_message(control, message, message.count, descriptors, descriptors.count) == message.count
        else {
            let cause = Errno(rawValue: errno)
            throw ThumbnailHelperError(.crashed, "The thumbnail helper does not listen any more.", cause: cause)
        }
    }

    /// Waits for the next message; nil when none came in time.
    func receive(within timeout: Duration) throws(ThumbnailHelperError) -> [UInt8]? {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var polled = pollfd(fd: control, events: Int16(POLLIN), revents: 0)
        while true {
            let left = max(0, (deadline - clock.now).milliseconds + 1)
            switch poll(&polled, 1, CInt(clamping: left)) {
            case 0: return nil
            case 1...: return try receiveNow()
            default: guard errno == EINTR else { return nil }
            }
        }
    }

    /// Kills it with all its children, and waits for it; it keeps nothing that a kill could harm.
    func end() {
        kill(-pid, SIGKILL)
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        close(control)
    }

    private func receiveNow() throws(ThumbnailHelperError) -> [UInt8] {
        // Without room for control data the kernel drops descriptors that a hostile helper sends along.
        let message = [UInt8](unsafeUninitializedCapacity: Wire.maxMessageSize + 1) { buffer, count in
            count = max(0, recv(control, buffer.baseAddress, buffer.count, 0))
        }
        guard !message.isEmpty else {
            throw ThumbnailHelperError(.crashed, "The thumbnail helper ended while it was at work.")
        }
        return message
    }

    private func greeting(_ options: ThumbnailHelperOptions) throws(ThumbnailHelperError) -> Isolation {
        let advice = "run `\(options.path) --probe` to learn why"
        let message: [UInt8]?
        do {
            message = try receive(within: options.startDeadline)
        } catch {
            throw ThumbnailHelperError(.unavailable, "The thumbnail helper ended at its start: \(advice).")
        }
        guard let message else {
            throw ThumbnailHelperError(.unavailable, "The thumbnail helper did not start in time: \(advice).")
        }
        guard let isolation = try? ThumbnailGreeting(decoding: message).isolation else {
            throw ThumbnailHelperError(.unavailable, "\(options.path) is not the thumbnail helper of this version.")
        }
        guard !options.requiresSandbox || isolation.limits && isolation.systemCallFilter else {
            throw ThumbnailHelperError(
                .unavailable,
                "Images are not decoded because this machine cannot lock the decoder in: isolation \(isolation)."
            )
        }
        return isolation
    }

    /// The environment holds nothing of the daemon's, whose own may hold secrets.
    private static func spawn(_ path: FilePath, _ control: CInt, _ pid: inout pid_t) -> CInt {
        // Swift's handler of crashes would start another program, and outlive the helper.
        // Symbols are bound once, not in every process the helper forks.
        let settings = ["LC_ALL=C", "LD_BIND_NOW=1", "MALLOC_ARENA_MAX=2", "SWIFT_BACKTRACE=enable=no"]
        var environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
        defer {
            for entry in environment {
                free(entry)
            }
        }
        return path.withPlatformString { clinux_spawn_helper($0, &environment, control, &pid) }
    }
}

extension Isolation {
    fileprivate static let none = Isolation(limits: false, systemCallFilter: false, landlockABI: 0)
}
