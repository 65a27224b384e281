import IngestTesting
import Testing

/// Forms that come in pieces, while their files are being made.
@Suite(.timeLimit(.minutes(3))) struct InterruptibleFormTests: InterruptibleSuite {
    private static let files = (0..<30).map { (name: "f\($0)", content: [UInt8]($0...99)) }

    /// strace holds every `fdatasync` back, as a disk does that is busy: each file takes one.
    @Test(.requires(.root, .command("strace")), arguments: [Draft(interop: 3), Draft(interop: 8), .newest])
    func nobodyWaitsForTheFilesToBeMade(_ draft: Draft) async throws {
        let daemon = try await started()
        let form = FormBody(files: Self.files)
        let type = ["Content-Type": form.contentType]
        let upload = try await create(draft, "/files", type, form.bytes, method: "POST", on: daemon)
        let slow = try await SystemCallFault.attach(to: daemon, "fdatasync", "delay_enter=500000")
        defer { slow.terminate() }
        let last = try await opened(
            "PATCH",
            upload,
            draft.append(at: form.bytes.count, completes: true),
            length: 0,
            on: daemon
        )
        defer { last.close() }
        while daemon.directory.names(in: "bucket.state/spool").count < 3 {
            try Task.checkCancellation()
            await Task.yield()
        }
        for method in ["HEAD", "GET"] {
            let state = try await send(method, upload, draft.version, to: daemon)
            #expect(state.status == 204)
            expect(state, draft, offset: form.bytes.count, isComplete: false)
        }
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        #expect(daemon.directory.names(in: "bucket.state/spool").count < Self.files.count, "they were made first")
        #expect(try await send("DELETE", upload, draft.version, to: daemon).status == 204)
        let reply = try await last.readReply()
        #expect(reply.status == 409 && reply.text.contains("/problems/superseded"), "\(reply.text)")
        #expect(try await offset(of: upload, draft, on: daemon) == nil)
        await slow.end()
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        try await end(daemon)
    }
}
