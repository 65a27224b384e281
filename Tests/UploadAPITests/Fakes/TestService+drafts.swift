import HTTPTypes
import IngestTesting
import MicroHTTP
import Testing
import Threading

@testable import UploadAPI

extension Draft {
    /// Nil where an answer does not say.
    func isComplete(_ reply: Reply) -> Bool? { isComplete(reply[completeness]) }
}

/// What a handler sent before its answer.
final class InterimLog: Sendable {
    private let all = Locked<[InterimResponse]>([])

    var responses: [InterimResponse] { all.withLock { $0 } }
    var take: @Sendable (InterimResponse) -> Bool {
        { [all] interim in
            all.withLock { $0.append(interim) }
            return true
        }
    }
}

extension TestService {
    /// The path of a new upload that has these bytes.
    func create(
        _ method: HTTPRequest.Method = .put,
        _ target: String = "/files/a.txt",
        _ draft: Draft = .newest,
        _ fields: [String: String] = [:],
        body: String = ""
    ) async throws -> String {
        let reply = await send(method, target, draft.fields(completes: false, fields), body: body)
        try #require(reply.status == 201, "\(reply.text)")
        #expect(draft.isComplete(reply) == false)
        #expect(reply["Upload-Offset"] == "\(body.utf8.count)")
        let location = try #require(reply["Location"])
        return try #require(UploadDialect.path(ofLocation: location))
    }

    func append(
        _ body: String,
        at offset: Int,
        of upload: String,
        completes: Bool = false,
        _ draft: Draft = .newest,
        _ fields: [String: String] = [:]
    ) async -> Reply {
        await send(.patch, upload, draft.append(at: offset, completes: completes, fields), body: body)
    }

    /// Nil for an upload that is not there.
    func offset(of upload: String, _ draft: Draft = .newest) async -> Int? {
        let reply = await send(.head, upload, draft.version)
        return reply.status == 204 ? reply["Upload-Offset"].flatMap { Int($0) } : nil
    }
}
