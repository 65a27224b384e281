/// A JSON text to be written, its members in the order given.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// One member after the other; nil values are left out.
    static func members(_ members: KeyValuePairs<String, JSONValue?>) -> Self {
        .object(members.compactMap { name, value in value.map { JSONMember(name: name, value: $0) } })
    }

    /// `null` where there is nothing.
    static func string(orNull text: String?) -> Self {
        text.map(JSONValue.string) ?? .null
    }

    /// The text in UTF-8, with a line end for terminals.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

struct JSONMember: Hashable, Sendable {
    var name: String
    var value: JSONValue
}
