import Glibc
import SystemPackage
import Threading
import ThumbnailWire

/// One request to a helper, from any thread cancellable while another waits for its reply.
final class ThumbnailHelperCall: Sendable {
    /// What is left after a call.
    struct End: Sendable {
        /// The helper if it can be used again.
        let helper: ThumbnailHelperProcess?
        /// Nil when the call was cancelled.
        let result: Result<ThumbnailOutcome?, ThumbnailHelperError>
    }

    private enum Phase {
        case waiting
        case running(ThumbnailHelperProcess)
        case cancelled
        case over
    }

    private let request: ThumbnailRequest
    private let source: FileDescriptor
    private let targets: [ThumbnailTarget]
    private let phase = Locked(Phase.waiting)

    /// The descriptors stay the caller's, and open until `run` returns.
    init(_ request: ThumbnailRequest, source: FileDescriptor, targets: [ThumbnailTarget]) {
        self.request = request
        self.source = source
        self.targets = targets
    }

    /// Ends the decoding soon; a call that has not begun never does.
    func cancel() {
        phase.withLock { phase in
            switch phase {
            case .waiting:
                phase = .cancelled
            case .running(let helper):
                // A helper that does not take it is dead or full of requests, and found out by the waiting thread.
                _ = try? helper.send(ThumbnailCancellation(id: request.id).encoded())
            case .cancelled, .over:
                break
            }
        }
    }

    /// Asks `helper`, or a new one if it is nil or has died.
    ///
    /// Blocks until the reply, or the deadline and its grace.
    func run(on helper: ThumbnailHelperProcess?, _ options: ThumbnailHelperOptions) -> End {
        do {
            return perform(on: try .living(helper, options), options)
        } catch {
            return End(helper: nil, result: .failure(error))
        }
    }

    /// Asks this helper.
    func perform(on former: ThumbnailHelperProcess, _ options: ThumbnailHelperOptions) -> End {
        var helper = former
        helper.images += 1
        let reply: ThumbnailReply?
        do {
            defer { phase.withLock { $0 = .over } }
            reply = try begin(helper) ? receiveReply(from: helper, options) : nil
            if let reply, reply.status == .ok {
                try check(reply.outputs)
            }
        } catch {
            // What it does now, or still will say, is not known.
            helper.end()
            return End(helper: nil, result: .failure(error))
        }
        let usable = keep(helper, options)
        do {
            return End(helper: usable, result: .success(try reply.flatMap(ThumbnailOutcome.init)))
        } catch {
            return End(helper: usable, result: .failure(error))
        }
    }

    private func keep(_ helper: ThumbnailHelperProcess, _ options: ThumbnailHelperOptions) -> ThumbnailHelperProcess? {
        guard helper.images < options.imagesPerHelper else {
            helper.end()
            return nil
        }
        return helper
    }

    /// Sends the request; false if it was cancelled before.
    private func begin(_ helper: ThumbnailHelperProcess) throws(ThumbnailHelperError) -> Bool {
        try phase.withLock { phase throws(ThumbnailHelperError) in
            guard case .waiting = phase else { return false }
            try helper.send(request.encoded(), [source.rawValue] + targets.map(\.file.rawValue))
            phase = .running(helper)
            return true
        }
    }

    private func receiveReply(
        from helper: ThumbnailHelperProcess,
        _ options: ThumbnailHelperOptions
    ) throws(ThumbnailHelperError) -> ThumbnailReply {
        let patience = .milliseconds(Int64(request.limits.milliseconds)) + options.grace
        guard let message = try helper.receive(within: patience) else {
            throw ThumbnailHelperError(.timedOut, "The thumbnail helper did not even tell that the deadline passed.")
        }
        guard let reply = try? ThumbnailReply(decoding: message), reply.id == request.id,
            reply.status != .ok || reply.outputs.count == targets.count
        else {
            throw ThumbnailHelperError(.protocolViolation, "The thumbnail helper sent a reply that is none.")
        }
        return reply
    }

    /// What a helper wrote goes to browsers: it must be the format asked for and as long as it was said to be.
    private func check(_ outputs: [ThumbnailOutput]) throws(ThumbnailHelperError) {
        for (output, target) in zip(outputs, targets) {
            var found = stat()
            let head = [UInt8](unsafeUninitializedCapacity: ImageSignature.length) { buffer, count in
                count = max(0, pread(target.file.rawValue, buffer.baseAddress, buffer.count, 0))
            }
            guard fstat(target.file.rawValue, &found) == 0, Int64(found.st_size) == Int64(output.size),
                request.format.matches(head, size: UInt64(output.size)),
                max(output.width, output.height) <= target.box
            else {
                throw ThumbnailHelperError(
                    .protocolViolation,
                    "The thumbnail helper wrote a file that is no thumbnail."
                )
            }
        }
    }
}
