import IngestTesting
import SystemPackage
import Testing

/// One upload of one file by curl, in the ways that there are.
enum CurlUpload: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case put
    case rawPost
    case form
    /// As `form`, with the fields among the part's headers.
    case formPart

    var testDescription: String { rawValue }

    /// The boundary of the bodies that are made here.
    private static let boundary = "curl-upload"

    /// What the body is when `content` is sent: what a digest field of the request covers.
    func body(of content: [UInt8], named name: String) -> [UInt8] {
        guard self == .form else { return content }
        return FormBody(files: [(name, content)], boundary: Self.boundary).bytes
    }

    /// Sends `content` as file `name` with these fields, each like `Name: value`.
    func send(
        _ content: [UInt8],
        named name: String,
        fields: [String],
        to daemon: DaemonProcess,
        from directory: TemporaryDirectory
    ) async throws -> CurlReply {
        let url = try #require(daemon.url)
        try directory.write(body(of: content, named: name), to: name)
        let file = directory.file(name)
        let headers = fields.flatMap { ["-H", $0] }
        switch self {
        case .put:
            return try await CurlReply.get(headers + ["-T", "\(file)", "\(url)/files/\(name)"])
        case .rawPost:
            let named = ["-H", "Content-Disposition: attachment; filename=\(name)", "-H", "Content-Type: text/plain"]
            return try await CurlReply.get(headers + named + ["--data-binary", "@\(file)", "\(url)/files"])
        case .form:
            let type = ["-H", "Content-Type: multipart/form-data; boundary=\(Self.boundary)"]
            return try await CurlReply.get(headers + type + ["--data-binary", "@\(file)", "\(url)/upload-file"])
        case .formPart:
            let partHeaders = fields.map { ";headers=\"\($0)\"" }.joined()
            return try await CurlReply.get(["-F", "file=@\(file)\(partHeaders)", "\(url)/files"])
        }
    }
}

/// What curl was answered.
struct CurlReply: Sendable {
    let status: Int
    /// Names in lower case.
    let fields: [String: String]
    let text: String

    subscript(name: String) -> String? { fields[name.lowercased()] }

    static func get(_ arguments: [String]) async throws -> Self {
        let outcome = try await CommandLineTool.run(
            "curl",
            ["--silent", "--show-error", "--include", "--max-time", "60", "-H", "Expect:"] + arguments
        )
        try #require(outcome.status == 0, "\(outcome.errorText)")
        return try Self(outcome.outputText)
    }

    private init(_ output: String) throws {
        let halves = output.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = try #require(halves.first).split(separator: "\r\n")
        status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            fields[pair[0].lowercased()] = String(pair[1].drop { $0 == " " })
        }
        self.fields = fields
        text = halves.count > 1 ? String(halves[1]) : ""
    }
}
