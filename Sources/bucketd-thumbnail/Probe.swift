import CSandbox
import CVips
import Glibc
import ThumbnailWire

/// Tries what a decoder must not be able to do, from inside its sandbox, and says what came of it.
struct Probe {
    private let limits = csandbox_limits(address_space: 512 << 20, processor_seconds: 5, file_size: 1 << 20)

    /// Prints one line per attempt; returns whether the sandbox held against all.
    func run() -> Bool {
        guard cvips_start(CInt(CSANDBOX_EXIT_NO_MEMORY)) == 0 else {
            print("libvips: \(cvips_failure_text().map { String(cString: $0) } ?? "cannot start")")
            return false
        }
        let isolation = Isolation(csandbox_probe())
        print("isolation: \(isolation)")
        guard isolation.limits, isolation.systemCallFilter else { return false }
        let path = "/tmp/bucketd-thumbnail-probe-\(getpid())"
        let held = [
            refuses("open /etc/passwd") { csandbox_try_open("/etc/passwd") },
            refuses("create a file") { csandbox_try_create(path) },
            refuses("make memory executable") { csandbox_try_executable_memory() },
            kills("make a socket", SIGSYS) { csandbox_try_socket() },
            kills("run a program", SIGSYS) { csandbox_try_execute("/bin/true") },
            kills("start a process", SIGSYS) { csandbox_try_fork() },
            kills("signal another process", SIGSYS) { csandbox_try_kill_parent() },
            kills("crash", SIGSEGV) { csandbox_try_crash() },
            runsOutOfMemory("take all memory"),
            meetsDeadline("loop for ever"),
        ]
        return held.allSatisfy(\.self)
    }

    private func refuses(_ name: String, _ attempt: @escaping () -> Bool) -> Bool {
        let (answer, end, _) = outcome { attempt() ? [1] : [0] }
        return report(name, held: answer == [1] && end.signal == 0 || answer == [1], "refused")
    }

    private func kills(_ name: String, _ signal: CInt, _ attempt: @escaping () -> Void) -> Bool {
        let (answer, end, _) = outcome {
            attempt()
            return [0]
        }
        return report(name, held: answer.isEmpty && end.signal == signal, "killed by signal \(signal)")
    }

    private func runsOutOfMemory(_ name: String) -> Bool {
        let (_, end, _) = outcome {
            csandbox_try_memory()
            return [0]
        }
        let held = end.signal == 0 && Int(end.status) == Int(CSANDBOX_EXIT_NO_MEMORY)
        return report(name, held: held, "out of memory")
    }

    private func meetsDeadline(_ name: String) -> Bool {
        let (_, _, late) = outcome(milliseconds: 200) {
            csandbox_try_loop()
            return [0]
        }
        return report(name, held: late, "killed at the deadline")
    }

    private func outcome(
        milliseconds: Int64 = 10_000,
        _ body: @escaping () -> [UInt8]
    ) -> (answer: [UInt8], end: csandbox_end, late: Bool) {
        guard let process = LockedProcess(limits: limits, keeping: [], body: body) else {
            return ([], csandbox_end(), false)
        }
        let event = process.next(until: LockedProcess.now() + milliseconds, capacity: 1)
        let end = process.end()
        return switch event {
        case .answer(let answer): (answer, end, false)
        case .deadline: ([], end, true)
        case .other: ([], end, false)
        }
    }

    private func report(_ name: String, held: Bool, _ means: String) -> Bool {
        print("\(name): \(held ? means : "NOT PREVENTED")")
        return held
    }
}
