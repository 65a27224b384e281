import ThumbnailWire

/// Decoding is strict: what is taken is what would be sent.
func checkHelper(_ input: [UInt8]) throws {
    let kind = MessageKind(of: input)
    if let greeting = try? ThumbnailGreeting(decoding: input) {
        try hold(kind == .greeting && greeting.encoded() == input, "a greeting has one form")
    }
    if let request = try? ThumbnailRequest(decoding: input) {
        try hold(kind == .request && request.encoded() == input, "a request has one form")
    }
    if let cancellation = try? ThumbnailCancellation(decoding: input) {
        try hold(kind == .cancellation && cancellation.encoded() == input, "a cancellation has one form")
    }
    if let reply = try? ThumbnailReply(decoding: input) {
        try hold(kind == .reply && reply.encoded() == input, "a reply has one form")
    }
    let text = PrintableText(sanitizing: input).description
    try hold(text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a helper's text prints")
    try hold(text.utf8.count <= PrintableText.maxLength, "a helper's text is short")
    _ = ImageSignature.format(of: Array(input.prefix(ImageSignature.length)))
}
