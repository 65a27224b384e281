import HTTPTypes
import Ingest
import MicroHTTP

/// The turn with an upload of a request that brings content for it.
///
/// Belongs to the request's task.
final class ContentTurn {
    /// How long the client hears nothing between two words on its progress.
    private static let reportInterval = Duration.seconds(1)

    let session: UploadSession
    let stored: StoredRequest
    private let call: Call
    private let check: ContentCheck
    private let dialect: ResumableDialect
    private let completes: Bool
    private var length: UploadLength
    private let completion: UploadCompletion
    private var reported: (offset: Int64, at: ContinuousClock.Instant)

    init(
        call: Call,
        session: UploadSession,
        stored: StoredRequest,
        check: ContentCheck,
        dialect: ResumableDialect,
        completes: Bool,
        length: UploadLength,
        completion: UploadCompletion
    ) {
        self.call = call
        self.session = session
        self.stored = stored
        self.check = check
        self.dialect = dialect
        self.completes = completes
        self.length = length
        self.completion = completion
        reported = (session.record.offset, .now)
    }

    private var state: ResumableState {
        ResumableState(
            offset: session.record.offset,
            isComplete: session.record.state == .complete,
            length: session.record.length,
            limits: ResumableLimits(of: session.record, maxSize: session.maxSize, in: completion.uploads)
        )
    }

    /// Tells the client of its new upload ahead of the answer; whether that may have reached it.
    ///
    /// `location` is what the answer is given as well, which gets its prefix when it is finished.
    ///
    /// Without content there is nothing to lose before the answer.
    func announce(at location: String) -> Bool {
        let location = call.request.reference(to: location)
        guard call.request.body.declaredLength != 0, let interim = state.announcement(of: location, in: dialect) else {
            return false
        }
        return call.request.send(interim)
    }

    /// What the header section of a request says that goes on with an upload.
    ///
    /// False if the upload is complete and the request only asks for the answer again.
    func begin(at offset: Int64, declared: Int64?) async throws -> Bool {
        let content = call.request.body.declaredLength
        let isComplete = session.record.state == .complete
        guard offset == session.offset else {
            throw Problem.mismatchingUploadOffset(
                expected: session.offset,
                provided: offset,
                isComplete: isComplete,
                in: dialect
            )
        }
        guard !isComplete else {
            guard !dialect.refusesCompletedUploads, completes, content == 0, declared == nil || declared == offset
            else { throw Problem.completedUpload(offset: offset, in: dialect) }
            return false
        }
        do throws(UploadLength.Violation) {
            try length.begin(at: offset, declared: declared, content: content, completes: completes)
        } catch {
            throw error == .exceeded ? await exceeded() : Problem.inconsistentUploadLength(in: dialect)
        }
        if let known = length.known {
            try session.declare(length: known)
        }
        session.compute(try completion.digests(of: stored))
        return true
    }

    /// Takes the content; if it ends early, what came of it is kept, unless it was to be checked.
    func receive() async throws {
        let content = SessionContent(body: call.request.body, session: session, check: check, report: report)
        do {
            try await content.receive(completion.uploads)
        } catch is UploadLength.Violation {
            throw await exceeded()
        } catch {
            await session.commitWhatCame()
            throw error
        }
    }

    private func exceeded() async -> Problem {
        let length = session.record.length ?? session.offset
        if dialect.endsExceededUploads {
            await session.remove()
        }
        return .uploadLengthExceeded(length, in: dialect)
    }

    /// The content is there as a whole: makes it safe, or the upload complete.
    ///
    /// `location` is that of an upload that the request has begun.
    func end(created location: String?) async throws -> Response {
        let isWhole: Bool
        do throws(UploadLength.Violation) {
            isWhole = try length.end(at: session.offset, completes: completes)
        } catch {
            try await session.commit()
            throw Problem.inconsistentUploadLength(in: dialect)
        }
        guard isWhole else {
            try await session.commit()
            guard let location else { return Response(status: .noContent, headers: state.appended(in: dialect)) }
            return Response(status: .created, headers: state.created(at: location, in: dialect))
        }
        try session.declare(length: session.offset)
        let request = call.request
        let headers =
            try location == nil
            ? stored.headers() : stored.headers(creation: request.headers, trailers: request.body.trailers)
        return marked(try await completion.complete(session, stored, headers, as: call))
    }

    /// The answer once more that the request was given which completed the upload.
    func replay() async throws -> Response {
        marked(try await completion.replay(session.record, stored, as: call))
    }

    private func marked(_ answer: Response) -> Response {
        var response = answer
        for field in state.appended(in: dialect) { response.headers[field.name] = field.value }
        return response
    }

    /// What the answer to a failure tells of the upload, once the turn is over.
    func failed(_ error: any Error) -> HTTPFields {
        var fields: HTTPFields = [:]
        if session.isOver {
            // This is the last that is heard of it.
            dialect.setComplete(true, in: &fields)
        } else {
            fields = state.appended(in: dialect)
        }
        if Problem(error).status == .contentTooLarge {
            fields[.uploadLimit] = state.limits.text(in: dialect)
        }
        return fields
    }

    private func report(_ offset: Int64) {
        guard offset > reported.offset, dialect.hasProgress else { return }
        let now = ContinuousClock.now
        guard now - reported.at >= Self.reportInterval, let interim = state.progress(in: dialect) else { return }
        reported = (offset, now)
        _ = call.request.send(interim)
    }
}
