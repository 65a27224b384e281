import FoundationEssentials
import IngestTesting
import Testing

/// What the end of an upload of several requests comes to, in every version.
@Suite(.timeLimit(.minutes(3))) struct InterruptibleEndTests: InterruptibleSuite {
    // MARK: Conditions

    /// They held when the upload began, or it would not have begun.
    @Test func conditionsAreLookedAtWhenTheFileIsToGetItsName() async throws {
        try await inEachVersion { draft, daemon in
            /// Begins an upload, lets `meanwhile` happen, and ends it.
            func upload(_ fields: Fields, _ meanwhile: () async throws -> Void) async throws -> (String, Reply) {
                let path = try await create(draft, "/files/a", fields, Array(hello[..<5]), on: daemon)
                try await meanwhile()
                let rest = Array(hello[5...])
                return (path, try await append(rest, at: 5, of: path, completes: true, draft, on: daemon))
            }
            func put(_ byte: UInt8) async throws -> String {
                try #require(try await send("PUT", "/files/a", [:], [byte], to: daemon)["ETag"])
            }
            let rows: [(fields: Fields, hasCome: Bool, status: Int)] = [
                (["If-None-Match": "*"], true, 412), (["If-None-Match": "*"], false, 201),
            ]
            for (fields, hasCome, status) in rows {
                let (path, reply) = try await upload(fields) { if hasCome { _ = try await put(1) } }
                #expect(reply.status == status)
                #expect(draft.isComplete(reply[draft.completeness]) == true)
                #expect(try await offset(of: path, draft, on: daemon) == (status == 412 ? nil : 11))
                #expect(try daemon.directory.read("bucket/a") == (status == 412 ? [1] : hello))
                #expect(try await send("DELETE", "/files/a", to: daemon).status == 204)
            }
            for hasChanged in [true, false] {
                let (path, reply) = try await upload(["If-Match": try await put(2)]) {
                    if hasChanged { _ = try await put(3) }
                }
                #expect(reply.status == (hasChanged ? 412 : 204))
                #expect(draft.isComplete(reply[draft.completeness]) == true)
                #expect(try await offset(of: path, draft, on: daemon) == (hasChanged ? nil : 11))
                #expect(try daemon.directory.read("bucket/a") == (hasChanged ? [3] : hello))
            }
        }
    }

    // MARK: The answer once more

    private struct Whole {
        let method: String
        let target: String
        var fields: Fields = [:]
        let content: [UInt8]
        let status: Int
    }

    private var wholes: [Whole] {
        let form = FormBody(files: [("f1", [1, 2, 3]), ("f2", [4])], boundary: "XX")
        let type = ["Content-Type": form.contentType]
        let named = ["Content-Disposition": "inline; filename=named"]
        return [
            Whole(method: "PUT", target: "/files/new", fields: ["If-None-Match": "*"], content: hello, status: 201),
            Whole(method: "PUT", target: "/files/new", content: Array(hello[..<5]), status: 204),
            Whole(method: "POST", target: "/files", fields: named, content: hello, status: 201),
            Whole(method: "POST", target: "/files/dir/", fields: named, content: [], status: 201),
            Whole(method: "POST", target: "/files", fields: type, content: form.bytes, status: 201),
            Whole(method: "POST", target: "/upload-file", fields: type, content: form.bytes, status: 200),
        ]
    }

    /// A client that never saw the answer asks for it with nothing more to send.
    @Test func theAnswerIsGivenAgainToWhomItMayHaveBeenLost() async throws {
        let directory = try TemporaryDirectory()
        var daemon = try await DaemonProcess.start(in: directory)
        var answers: [(draft: Draft, upload: String, size: Int, reply: Reply)] = []
        for draft in Draft.all {
            for whole in wholes {
                let upload = try await create(draft, whole.target, whole.fields, method: whole.method, on: daemon)
                let reply = try await append(whole.content, at: 0, of: upload, completes: true, draft, on: daemon)
                #expect(reply.status == whole.status, "\(draft), \(whole.method) \(whole.target): \(reply.text)")
                expect(reply, draft, offset: whole.content.count, isComplete: true)
                answers.append((draft, upload, whole.content.count, reply))
            }
            #expect(try await send("DELETE", "/files/new", to: daemon).status == 204)
        }
        for isRestarted in [false, true] {
            if isRestarted {
                daemon.kill()
                await daemon.waitForExit()
                daemon = try await daemon.restart()
            }
            for (draft, upload, size, reply) in answers {
                let again = try await append([], at: size, of: upload, completes: true, draft, on: daemon)
                expect(again, draft, offset: size, isComplete: true)
                if draft.number >= 8 {
                    try expectSame(again, reply)
                } else {
                    #expect(again.status == 400 && again.text.contains("http-problem-types#completed-upload"))
                }
                // Neither content nor another offset is taken any more.
                #expect(try await append([1], at: size, of: upload, draft, on: daemon).status == 400)
                #expect(
                    try await append([], at: size + 1, of: upload, completes: true, draft, on: daemon).status == 409
                )
            }
        }
        // Each was stored once.
        let names = daemon.directory.names(in: "bucket")
        #expect(names.count { $0.hasPrefix("f1") } == 2 * Draft.all.count)
        #expect(names.count { $0.hasPrefix("named") } == Draft.all.count)
        try await end(daemon)
    }

    /// But for the states of jobs.
    private func expectSame(_ again: Reply, _ reply: Reply) throws {
        #expect(again.status == reply.status)
        for name in ["Location", "ETag", "Repr-Digest", "Content-Type"] { #expect(again[name] == reply[name]) }
        #expect(again.body.isEmpty == reply.body.isEmpty)
        guard reply.text.hasPrefix(#"{"filename""#), reply.text.contains(#""files":"#) else { return }
        let files = try [again, reply].map { try JSONDecoder().decode(UploadAnswer.self, from: Data($0.body)).files }
        #expect(files[0].map(\.filename) == files[1].map(\.filename))
        #expect(files[0].map(\.sha256) == files[1].map(\.sha256))
    }
}
