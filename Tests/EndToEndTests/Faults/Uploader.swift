import IngestTesting
import Testing

/// A client that uploads until the daemon dies.
struct Uploader {
    let name: String
    let daemon: DaemonProcess
    let register: UploadRegister
    let unfinished: UnfinishedUploads
    /// The same for the client of this number in every round.
    private var key: String { String(name.drop { $0 != "c" }) }

    func run(onAcknowledgement: @Sendable () -> Void) async {
        guard let client = try? await LoopbackClient.connect(to: daemon.address) else { return }
        defer { client.close() }
        if let waiting = unfinished[key], waiting.upload != nil {
            guard await resume(waiting) else { return }
        }
        for number in 0..<10_000 {
            let isAnswered =
                switch number % 5 {
                case 0: await put("\(name)n\(number)", by: client, onAcknowledgement)
                case 1: await goOn("\(name)n\(number)")
                case 2: await picture("\(name)n\(number).jpg", by: client, onAcknowledgement)
                case 3: await put("own-\(key)", by: client, onAcknowledgement)
                default: await form("\(name)n\(number)", by: client, onAcknowledgement)
                }
            guard isAnswered else { return }
        }
    }

    /// After a restart; false when no answer came.
    private func resume(_ waiting: ResumableClient) async -> Bool {
        var upload = waiting
        guard let isThere = try? await upload.ask(daemon, "\(waiting.name)") else { return false }
        #expect(isThere, "\(waiting.name): the upload is lost")
        unfinished[key] = isThere ? upload : nil
        unfinished.countResumption()
        return true
    }

    /// Sends a piece of the upload of several requests that is under way, or begins one; false when no answer came.
    private func goOn(_ name: String) async -> Bool {
        let content: Content
        var upload: ResumableClient
        if let waiting = unfinished[key], waiting.upload != nil {
            upload = waiting
            guard let known = Content(whole: waiting.content) else { return false }
            content = known
        } else {
            content = Content(seed: .random(in: .min ... .max), size: .random(in: 1000...60_000))
            let dialect = UploadDialect.allCases.randomElement() ?? .tus
            upload = ResumableClient(dialect, name: name, content: content.bytes)
        }
        var isOver = false
        // Also what a request sent that is not answered.
        defer { unfinished[key] = isOver ? nil : upload }
        do {
            guard upload.upload != nil else {
                return try await upload.begin(with: .random(in: 0...500), on: daemon) == 201
            }
            let count = Int.random(in: 1...30_000)
            let isLast = upload.acknowledged + count >= upload.content.count
            if isLast { register.sending([upload.name: content]) }
            let status = try await upload.append(count, on: daemon)
            #expect(status == upload.dialect.status(ofAppendThatIsLast: isLast), "\(upload.name)")
            if isLast && (200..<300).contains(status) {
                register.acknowledge([upload.name: content])
                isOver = true
            }
            return true
        } catch {
            return false
        }
    }

    /// Always the same bytes, so there is nothing to register: what is there under such a name must be these.
    private func picture(_ name: String, by client: LoopbackClient, _ onAcknowledgement: () -> Void) async -> Bool {
        await send([:], onAcknowledgement) {
            try await client.request("PUT", "/files/\(name)", body: Self.pictureBytes)
        }
    }

    static let pictureBytes = (try? Repository.read("docs/picture.jpg")) ?? []

    private func put(_ name: String, by client: LoopbackClient, _ onAcknowledgement: () -> Void) async -> Bool {
        let content = Content.random(maxSize: 40_000)
        return await send([name: content], onAcknowledgement) {
            try await client.request("PUT", "/files/\(name)", body: content.bytes)
        }
    }

    private func form(_ name: String, by client: LoopbackClient, _ onAcknowledgement: () -> Void) async -> Bool {
        let uploads = (0..<3).map { ("\(name)f\($0)", Content.random(maxSize: 20_000)) }
        let form = FormBody(files: uploads.map { ($0.0, $0.1.bytes) })
        return await send(Dictionary(uniqueKeysWithValues: uploads), onAcknowledgement) {
            try await client.request(
                "POST",
                "/upload-file",
                headers: [("Content-Type", form.contentType)],
                body: form.bytes
            )
        }
    }

    /// False when no answer came: the daemon is dead.
    private func send(
        _ uploads: [String: Content],
        _ onAcknowledgement: () -> Void,
        _ request: () async throws -> Reply
    ) async -> Bool {
        register.sending(uploads)
        guard let reply = try? await request() else { return false }
        if (200..<300).contains(reply.status) {
            register.acknowledge(uploads)
            onAcknowledgement()
        } else {
            register.refuse(uploads)
        }
        return true
    }
}
