import Glibc
package import Logging
package import SystemPackage
import Threading
package import ThumbnailWire

/// Makes thumbnails of images that may be hostile, in helper processes that are locked in.
///
/// Helpers start when first needed, are replaced when they die, and end with `shutdown()`, which must be called.
package actor ThumbnailHelpers {
    private typealias Queue = ThumbnailHelperQueue<ThumbnailHelperProcess>

    private let options: ThumbnailHelperOptions
    let logger: Logger
    private let threads: BlockingThreads
    private var queue: Queue
    private var waiters: [UInt64: CheckedContinuation<Queue.Turn?, Never>] = [:]
    private var calls: [UInt64: ThumbnailHelperCall] = [:]
    private var lastID: UInt64 = 0
    private var isShutDown = false
    private var quiescent: [CheckedContinuation<Void, Never>] = []

    package init(_ options: ThumbnailHelperOptions, logger: Logger) {
        self.options = options
        self.logger = logger
        threads = BlockingThreads(name: "thumbnail", count: options.workers)
        queue = Queue(places: options.workers)
    }

    /// Starts a helper ahead of need, and tells how well this machine locks decoders in.
    ///
    /// Throws `ThumbnailHelperError.unavailable` when there will be no thumbnails, with the reason.
    @discardableResult
    package func start() async throws -> Isolation {
        lastID += 1
        let turn = try await enter(lastID)
        let started = await threads.run { [options] () -> Result<ThumbnailHelperProcess, ThumbnailHelperError> in
            do throws(ThumbnailHelperError) {
                return .success(try .living(turn.helper, options))
            } catch {
                return .failure(error)
            }
        }
        leave(try? started.get())
        let helper = try started.get()
        report(helper, after: turn.helper)
        return helper.isolation
    }

    /// Makes one thumbnail per target of the image in `source`, which must be open for reading only.
    ///
    /// Waits its turn behind earlier calls. The descriptors stay the caller's; the source's offset moves. Throws
    /// `ThumbnailHelperError`, or `CancellationError` when the task is cancelled, which ends the decoding; the targets
    /// may then hold anything.
    package func render(
        source: FileDescriptor,
        targets: [ThumbnailTarget],
        format: ThumbnailFormat,
        maxPixels: UInt64
    ) async throws -> ThumbnailOutcome {
        try Self.check(source, targets)
        lastID += 1
        let request = ThumbnailRequest(
            id: lastID,
            format: format,
            quality: options.quality ?? format.defaultQuality,
            boxes: targets.map(\.box),
            limits: options.limits(maxPixels: maxPixels)
        )
        let turn = try await enter(request.id)
        let call = ThumbnailHelperCall(request, source: source, targets: targets)
        calls[request.id] = call
        let begin = ContinuousClock.now
        let end = await withTaskCancellationHandler {
            await threads.run { [options] in call.run(on: turn.helper, options) }
        } onCancel: {
            call.cancel()
        }
        calls[request.id] = nil
        leave(end.helper)
        report(end, after: turn.helper, took: ContinuousClock.now - begin)
        guard let outcome = try end.result.get() else {
            if isShutDown { throw Self.stopped }
            throw CancellationError()
        }
        return outcome
    }

    /// Ends what runs, refuses what waits and what comes, and returns when no helper is left.
    package func shutdown() async {
        isShutDown = true
        for id in queue.close() {
            waiters.removeValue(forKey: id)?.resume(returning: nil)
        }
        for call in calls.values {
            call.cancel()
        }
        if queue.busy > 0 {
            await withCheckedContinuation { quiescent.append($0) }
        }
        let helpers = queue.takeIdle()
        await threads.run {
            for helper in helpers {
                helper.end()
            }
        }
    }

    private static let stopped = ThumbnailHelperError(.unavailable, "The thumbnail helpers were shut down.")

    /// A decoder that is taken over must not be able to write to the source.
    private static func check(_ source: FileDescriptor, _ targets: [ThumbnailTarget]) throws {
        guard (1...Wire.maxOutputs).contains(targets.count),
            targets.allSatisfy({ (1...Wire.maxBox).contains($0.box) })
        else {
            throw ThumbnailHelperError(.failed, "No helper makes these sizes.")
        }
        let flags = fcntl(source.rawValue, F_GETFL)
        guard flags >= 0, flags & O_ACCMODE == O_RDONLY else {
            throw ThumbnailHelperError(.failed, "The source of a thumbnail is not open for reading only.")
        }
    }

    private func enter(_ id: UInt64) async throws -> Queue.Turn {
        try Task.checkCancellation()
        guard !isShutDown else { throw Self.stopped }
        if let turn = queue.enter(id) { return turn }
        let turn = await withTaskCancellationHandler {
            await withCheckedContinuation { waiters[id] = $0 }
        } onCancel: {
            // Comes to the actor after the continuation is stored, even if the task was cancelled before.
            Task { await self.stopWaiting(id) }
        }
        guard let turn else {
            if isShutDown { throw Self.stopped }
            throw CancellationError()
        }
        return turn
    }

    private func stopWaiting(_ id: UInt64) {
        guard queue.cancel(id) else { return }
        waiters.removeValue(forKey: id)?.resume(returning: nil)
    }

    private func leave(_ helper: ThumbnailHelperProcess?) {
        if let next = queue.leave(helper) {
            waiters.removeValue(forKey: next.id)?.resume(returning: next.turn)
        } else if queue.busy == 0 {
            for continuation in quiescent {
                continuation.resume()
            }
            quiescent = []
        }
    }
}
