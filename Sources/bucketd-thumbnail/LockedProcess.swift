import CSandbox
import Glibc

/// A child process that is locked in, runs one function, and may write one answer.
struct LockedProcess: ~Copyable {
    /// What happened first.
    enum Event {
        /// Empty when the process ended without an answer.
        case answer([UInt8])
        case deadline
        /// The other descriptor asked for became readable.
        case other
    }

    private let pid: pid_t
    private let answers: CInt

    /// Forks; `body` runs in the child, which keeps `descriptors`, and its result is the answer.
    ///
    /// Returns nil if there was no room for a pipe or a process.
    init?(limits: csandbox_limits, keeping descriptors: [CInt], body: @escaping () -> [UInt8]) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        let work = Work(answers: ends[1], body: body)
        var limits = limits
        let kept = (descriptors + [ends[1]]).sorted()
        let child = withExtendedLifetime(work) {
            csandbox_fork(
                &limits,
                kept,
                kept.count,
                { context in
                    guard let context else { return }
                    Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().run()
                },
                Unmanaged.passUnretained(work).toOpaque()
            )
        }
        close(ends[1])
        guard child > 0 else {
            close(ends[0])
            return nil
        }
        pid = child
        answers = ends[0]
    }

    /// Waits for the answer, `deadline` (milliseconds of `now()`), or for `other` to become readable.
    func next(until deadline: Int64, orReadable other: CInt = -1, capacity: Int) -> Event {
        var polled = [
            pollfd(fd: answers, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let left = deadline - Self.now()
            guard left > 0 else { return .deadline }
            guard poll(&polled, 2, CInt(clamping: left)) > 0 else { continue }
            if polled[0].revents != 0 { return .answer(readAnswer(capacity)) }
            if polled[1].revents != 0 { return .other }
        }
    }

    /// Kills the process if it still runs, and tells how it ended.
    consuming func end() -> csandbox_end {
        let result = csandbox_end(pid)
        close(answers)
        return result
    }

    /// Milliseconds of the monotonic clock.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// One read: an answer is written at once, and below PIPE_BUF that is atomic (pipe(7)).
    private func readAnswer(_ capacity: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = max(0, read(answers, buffer.baseAddress, buffer.count))
        }
    }
}

/// What the child does; reached through a C callback.
private final class Work {
    private let answers: CInt
    private let body: () -> [UInt8]

    init(answers: CInt, body: @escaping () -> [UInt8]) {
        self.answers = answers
        self.body = body
    }

    func run() {
        let answer = body()
        _ = write(answers, answer, answer.count)
    }
}
