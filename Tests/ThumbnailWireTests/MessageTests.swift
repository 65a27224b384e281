import Testing

@testable import ThumbnailWire

@Suite struct MessageTests {
    private static let request = ThumbnailRequest(
        id: 0x0102_0304_0506_0708,
        format: .jpeg,
        quality: 80,
        boxes: [1024, 256],
        limits: DecodeLimits(pixels: 1, sourceSize: 3, memory: 4, milliseconds: 5)
    )
    private static let reply = ThumbnailReply(
        id: 7,
        status: .ok,
        source: SourceImage(format: .heic, width: 4000, height: 3000, pages: 1),
        outputs: [ThumbnailOutput(width: 256, height: 192, size: 4711)],
        message: PrintableText(sanitizing: "fine")
    )

    @Test func aRequestComesBackAsItWas() throws {
        #expect(try ThumbnailRequest(decoding: Self.request.encoded()) == Self.request)
        #expect(MessageKind(of: Self.request.encoded()) == .request)
    }

    @Test(arguments: [
        ThumbnailStatus.notApplicable, .tooLarge, .damaged, .unsupported, .timedOut, .cancelled, .outOfMemory,
        .crashed(signal: 11), .failed,
    ])
    func aReplyComesBackAsItWas(status: ThumbnailStatus) throws {
        let plain = ThumbnailReply(id: .max, status: status)
        #expect(try ThumbnailReply(decoding: plain.encoded()) == plain)
        #expect(try ThumbnailReply(decoding: Self.reply.encoded()) == Self.reply)
    }

    @Test func greetingAndCancellationComeBackAsTheyWere() throws {
        let greeting = ThumbnailGreeting(
            isolation: Isolation(limits: true, systemCallFilter: false, landlockABI: 7)
        )
        #expect(try ThumbnailGreeting(decoding: greeting.encoded()) == greeting)
        let cancellation = ThumbnailCancellation(id: 99)
        #expect(try ThumbnailCancellation(decoding: cancellation.encoded()) == cancellation)
    }

    @Test func everyCutAndEveryExtraByteIsRefused() {
        let messages = [Self.request.encoded(), Self.reply.encoded()]
        for message in messages {
            for length in message.indices {
                let cut = Array(message.prefix(length))
                #expect(throws: WireError.self) { try ThumbnailRequest(decoding: cut) }
                #expect(throws: WireError.self) { try ThumbnailReply(decoding: cut) }
            }
        }
        #expect(throws: WireError.trailingBytes) { try ThumbnailRequest(decoding: messages[0] + [0]) }
        #expect(throws: WireError.trailingBytes) { try ThumbnailReply(decoding: messages[1] + [0]) }
    }

    @Test func noByteOfAMessageCanCrashTheDecoder() {
        var generator = SystemRandomNumberGenerator()
        for round in 0..<20_000 {
            var message = round.isMultiple(of: 2) ? Self.request.encoded() : Self.reply.encoded()
            for _ in 0...round % 3 {
                message[Int.random(in: message.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if let request = try? ThumbnailRequest(decoding: message) {
                #expect(request.encoded() == message)
                #expect((1...100).contains(request.quality))
                #expect(request.boxes.allSatisfy { (1...Wire.maxBox).contains($0) })
            }
            if let reply = try? ThumbnailReply(decoding: message) {
                #expect(reply.encoded() == message)
                #expect(reply.outputs.isEmpty == (reply.status != .ok))
            }
        }
    }

    @Test func anotherVersionOrKindIsRefused() {
        var message = Self.request.encoded()
        message[0] = Wire.version + 1
        #expect(throws: WireError.unknownVersion) { try ThumbnailRequest(decoding: message) }
        #expect(MessageKind(of: message) == nil)
        #expect(throws: WireError.unexpectedKind) { try ThumbnailRequest(decoding: Self.reply.encoded()) }
    }

    @Test func theLongestMessageFits() throws {
        let output = ThumbnailOutput(width: 1, height: 1, size: 1)
        let reply = ThumbnailReply(
            id: 1,
            status: .ok,
            source: SourceImage(format: .png, width: 1, height: 1, pages: 1),
            outputs: Array(repeating: output, count: Wire.maxOutputs),
            message: PrintableText(sanitizing: String(repeating: "x", count: 1000))
        )
        #expect(reply.encoded().count <= Wire.maxMessageSize)
        #expect(try ThumbnailReply(decoding: reply.encoded()) == reply)
    }

    @Test(arguments: [
        ("a\nb\u{1b}[31m c", "a b [31m c"), ("  x \t\t y\n", "x y"), ("\u{e9}", ""), ("", ""),
    ])
    func textIsMadePrintable(source: String, text: String) {
        #expect(PrintableText(sanitizing: source).description == text)
    }

    @Test func textIsCutAtItsLimit() {
        #expect(PrintableText(sanitizing: String(repeating: "x", count: 300)).description.utf8.count == 200)
    }

    @Test func aReplyWithControlCharactersIsRefused() {
        var message = Self.reply.encoded()
        message[message.count - 1] = 0x1b
        #expect(throws: WireError.invalidField) { try ThumbnailReply(decoding: message) }
    }

    @Test func successWithoutOutputsIsRefused() {
        #expect(throws: WireError.invalidField) {
            try ThumbnailReply(decoding: ThumbnailReply(id: 1, status: .ok, source: Self.reply.source).encoded())
        }
        #expect(throws: WireError.invalidField) {
            try ThumbnailReply(decoding: ThumbnailReply(id: 1, status: .damaged, outputs: Self.reply.outputs).encoded())
        }
    }
}
