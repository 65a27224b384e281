import Access
import Ingest

/// What the body of `POST /tickets` asks for.
struct TicketOrder {
    private(set) var lifetime = Duration.seconds(7 * 86_400)
    private var prefix: PathPrefix?
    private var maxSize: Int64 = 0
    private var maxFiles = 0
    private var contentTypes: [String] = []

    private static let longest = Duration.seconds(10 * 366 * 86_400)

    /// Throws 400 for what is no order.
    init(_ body: [UInt8]) throws(Problem) {
        guard !body.isEmpty else { return }
        guard case .object(let members)? = JSONValue(parsing: body) else {
            throw Problem.parameter("body", "It is a JSON object, or empty.")
        }
        for member in members where member.value != .null {
            try take(member)
        }
    }

    func bound(_ record: inout TicketRecord) {
        record.directory = prefix?.path
        (record.maxSize, record.maxFiles, record.contentTypes) = (maxSize, maxFiles, contentTypes)
    }

    private mutating func take(_ member: JSONMember) throws(Problem) {
        switch member.name {
        case "prefix":
            guard let text = member.value.text else { throw Problem.parameter("prefix", "It is a directory's path.") }
            do throws(IngestError) {
                prefix = try PathPrefix(text)
            } catch {
                throw Problem.parameter("prefix", error.message)
            }
        case "maxSize":
            guard let size = Self.number(member.value, Quantity.bytes), size > 0 else {
                throw Problem.parameter("maxSize", "It is a size such as 10MiB, or a number of bytes.")
            }
            maxSize = size
        case "maxFiles":
            guard case .number(let count) = member.value, (1...1_000_000_000).contains(count) else {
                throw Problem.parameter("maxFiles", "It is a number of at least 1.")
            }
            maxFiles = Int(count)
        case "contentTypes":
            contentTypes = try Self.types(member.value)
        case "expiresIn":
            let seconds = Self.number(member.value) { Quantity.duration($0)?.components.seconds }
            guard let seconds, seconds > 0, .seconds(seconds) <= Self.longest else {
                throw Problem.parameter("expiresIn", "It is a time such as 7d, or a number of seconds.")
            }
            lifetime = .seconds(seconds)
        default:
            throw Problem.parameter(
                member.name,
                "There is no such member; there are prefix, maxSize, maxFiles, contentTypes and expiresIn."
            )
        }
    }

    private static func number(_ value: JSONValue, _ parse: (String) -> Int64?) -> Int64? {
        if case .number(let number) = value { number } else { value.text.flatMap(parse) }
    }

    private static func types(_ value: JSONValue) throws(Problem) -> [String] {
        var types: [String] = []
        for element in value.elements {
            let type = element.text?.lowercased() ?? ""
            let parts = type.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2,
                parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }),
                parts[0] != "*", type.utf8.count <= 127
            else { throw Problem.parameter("contentTypes", "They are media types such as image/png, or image/*.") }
            types.append(type)
        }
        guard case .array = value, types.count <= 100 else {
            throw Problem.parameter("contentTypes", "It is an array of at most 100 media types.")
        }
        return types
    }
}
