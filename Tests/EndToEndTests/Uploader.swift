import IngestTesting

/// A client that uploads until the daemon dies.
struct Uploader {
    let name: String
    let address: LoopbackClient.Address
    let register: UploadRegister

    func run(onAcknowledgement: @Sendable () -> Void) async {
        guard let client = try? await LoopbackClient.connect(to: address) else { return }
        defer { client.close() }
        for number in 0..<10_000 {
            let isAnswered =
                switch number % 4 {
                case 0: await put("\(name)n\(number)", by: client, onAcknowledgement)
                case 1: await picture("\(name)n\(number).jpg", by: client, onAcknowledgement)
                case 2: await put("own-\(name.drop { $0 != "c" })", by: client, onAcknowledgement)
                default: await form("\(name)n\(number)", by: client, onAcknowledgement)
                }
            guard isAnswered else { return }
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
