import HTTPTypes
import MicroHTTP
import Testing

@testable import UploadAPI

/// What the scripts of other sites' pages may send and read: all that the upload protocols need.
@Suite struct SharingTests {
    private static let sent = [
        "Authorization", "Content-Type", "Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata",
        "Upload-Defer-Length", "Upload-Concat", "Upload-Checksum", "X-HTTP-Method-Override", "X-Requested-With",
        "X-Request-ID", "Upload-Complete", "Upload-Incomplete", "Upload-Draft-Interop-Version", "Content-Disposition",
        "Content-Digest", "Repr-Digest", "Want-Repr-Digest", "If-Match", "If-None-Match", "Idempotency-Key",
    ]
    private static let read = [
        "Location", "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Defer-Length", "Upload-Concat",
        "Upload-Expires", "Tus-Version", "Tus-Resumable", "Tus-Max-Size", "Tus-Extension", "Tus-Checksum-Algorithm",
        "Upload-Complete", "Upload-Limit", "Upload-Draft-Interop-Version", "Repr-Digest", "ETag", "Retry-After",
    ]

    private static func names(_ reply: Reply, _ field: String) -> Set<String> {
        Set((reply[field] ?? "").split(separator: ",").map { $0.trimmingBlanks() })
    }

    @Test func scriptsMaySendAndReadWhatTheProtocolsNeed() async {
        let service = TestService { $0.policy = RequestPolicy(origins: ["https://app.example"]) }
        let asked = ["Origin": "https://app.example", "Access-Control-Request-Method": "POST"]
        let preflight = await service.send(.options, "/files", asked)
        let sent = Self.names(preflight, "Access-Control-Allow-Headers")
        #expect(sent.isSuperset(of: Self.sent), "\(Set(Self.sent).subtracting(sent))")
        #expect(!sent.contains("*"))
        for target in ["/files", "/nothing"] {
            let reply = await service.send(.get, target, ["Origin": "https://app.example"])
            let read = Self.names(reply, "Access-Control-Expose-Headers")
            #expect(read.isSuperset(of: Self.read), "\(Set(Self.read).subtracting(read))")
            #expect(!read.contains("*"))
        }
    }
}
