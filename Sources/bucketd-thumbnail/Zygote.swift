import CSandbox
import CVips
import Glibc
import ThumbnailWire

/// Serves requests from the control socket, each in a process forked from this one.
///
/// Initialising libvips takes longer than decoding a small image; here it is done once. This process never looks at a
/// user's bytes and has one thread, so that it can fork at any time.
struct Zygote {
    private let control = STDIN_FILENO
    private let isolation: Isolation

    static func start() -> Zygote {
        csandbox_step_back()
        signal(SIGPIPE, SIG_IGN)
        guard cvips_start(CInt(CSANDBOX_EXIT_NO_MEMORY)) == 0 else { exit(EX_UNAVAILABLE) }
        return Zygote(isolation: Isolation(csandbox_probe()))
    }

    /// Returns never: ends with the control socket, with status 0, or on a message that is none.
    func serve() -> Never {
        send(ThumbnailGreeting(isolation: isolation).encoded())
        while true {
            let received = receive()
            switch MessageKind(of: received.message) {
            case .request:
                guard let request = try? ThumbnailRequest(decoding: received.message),
                    received.descriptors.count == 1 + request.boxes.count
                else { exit(EX_PROTOCOL) }
                send(reply(to: request, received.descriptors).encoded())
            case .cancellation where received.descriptors.isEmpty:
                continue  // came after the reply
            default:
                exit(EX_PROTOCOL)
            }
        }
    }

    private func reply(to request: ThumbnailRequest, _ descriptors: [CInt]) -> ThumbnailReply {
        let deadline = LockedProcess.now() + Int64(request.limits.milliseconds)
        let decoder = LockedProcess(limits: csandbox_limits(request.limits), keeping: descriptors) {
            Decoder(request: request, source: descriptors[0], outputs: Array(descriptors.dropFirst())).run().encoded()
        }
        for descriptor in descriptors {
            close(descriptor)
        }
        guard let decoder else {
            return ThumbnailReply(id: request.id, status: .failed, message: PrintableText(sanitizing: "no process"))
        }
        while true {
            switch decoder.next(until: deadline, orReadable: control, capacity: Wire.maxMessageSize) {
            case .answer(let answer):
                return judge(answer, decoder.end(), request)
            case .deadline:
                _ = decoder.end()
                return ThumbnailReply(id: request.id, status: .timedOut)
            case .other where isCancelled(request):
                _ = decoder.end()
                return ThumbnailReply(id: request.id, status: .cancelled)
            case .other:
                continue
            }
        }
    }

    /// The decoder's own reply, if it wrote a good one; else how it ended.
    private func judge(_ answer: [UInt8], _ end: csandbox_end, _ request: ThumbnailRequest) -> ThumbnailReply {
        if let reply = try? ThumbnailReply(decoding: answer), reply.id == request.id,
            reply.outputs.isEmpty || reply.outputs.count == request.boxes.count
        {
            return reply
        }
        let (status, message) = Self.meaning(of: end)
        return ThumbnailReply(id: request.id, status: status, message: PrintableText(sanitizing: message))
    }

    private static func meaning(of end: csandbox_end) -> (ThumbnailStatus, String) {
        switch (end.signal, Int(end.status)) {
        case (SIGXCPU, _): (.timedOut, "processor time used up")
        case (SIGKILL, _): (.outOfMemory, "killed from outside, as the kernel does when memory runs out")
        case (SIGSYS, _): (.crashed(signal: UInt8(SIGSYS)), "made a system call that the sandbox forbids")
        case (1..., _) where csandbox_was_refused_memory(): (.outOfMemory, "ended by signal \(end.signal)")
        case (1..., _): (.crashed(signal: UInt8(clamping: end.signal)), "")
        case (_, Int(CSANDBOX_EXIT_NO_MEMORY)): (.outOfMemory, "")
        case (_, Int(CSANDBOX_EXIT_NOT_LOCKED_IN)): (.failed, "the sandbox could not be set up")
        default: (.failed, "no answer, exit status \(end.status)")
        }
    }

    /// Reads the control socket while a decoder runs.
    ///
    /// At its end the daemon is gone; this process exits, and the decoder dies with it (PR_SET_PDEATHSIG).
    private func isCancelled(_ request: ThumbnailRequest) -> Bool {
        let received = receive()
        guard received.descriptors.isEmpty, let cancellation = try? ThumbnailCancellation(decoding: received.message)
        else { exit(EX_PROTOCOL) }
        return cancellation.id == request.id
    }

    private func receive() -> (message: [UInt8], descriptors: [CInt]) {
        var descriptors = [CInt](repeating: -1, count: 1 + Wire.maxOutputs)
        var count = descriptors.count
        let message = [UInt8](unsafeUninitializedCapacity: Wire.maxMessageSize) { buffer, size in
            let received = csandbox_receive(control, buffer.baseAddress, buffer.count, &descriptors, &count)
            if received == 0 { exit(EXIT_SUCCESS) }
            if received < 0 { exit(errno == ECONNRESET ? EXIT_SUCCESS : EX_PROTOCOL) }
            size = received
        }
        return (message, Array(descriptors.prefix(count)))
    }

    private func send(_ message: [UInt8]) {
        guard write(control, message, message.count) == message.count else { exit(EX_IOERR) }
    }
}

extension Isolation {
    init(_ level: csandbox_level) {
        self.init(limits: level.limits, systemCallFilter: level.seccomp, landlockABI: level.landlock_abi)
    }
}

extension csandbox_limits {
    /// Processor time is a second net below the wall deadline; a decoder's threads may use it up faster.
    init(_ limits: DecodeLimits) {
        self.init(
            address_space: limits.memory,
            processor_seconds: limits.milliseconds / 1000 * 2 + 2,
            file_size: Wire.maxOutputSize
        )
    }
}
