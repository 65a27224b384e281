/// The body of a form with the boundary `XX`.
struct Form {
    static let type = ["Content-Type": "multipart/form-data; boundary=XX"]

    private var text: [UInt8] = []

    static func file(_ name: String, _ content: String, type: String = "text/plain") -> Form {
        Form().adding("name=\"file\"; filename=\"\(name)\"\r\nContent-Type: \(type)", content)
    }

    func file(_ name: String, _ content: String, type: String = "text/plain") -> Form {
        adding("name=\"file\"; filename=\"\(name)\"\r\nContent-Type: \(type)", content)
    }

    func field(_ name: String, _ content: String) -> Form {
        adding("name=\"\(name)\"", content)
    }

    /// A part whose headers begin with this disposition.
    func adding(_ disposition: String, _ content: String) -> Form {
        var form = self
        form.text += "--XX\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n\(content)\r\n".utf8
        return form
    }

    /// With the end.
    var bytes: [UInt8] { text + Array("--XX--\r\n".utf8) }
}
