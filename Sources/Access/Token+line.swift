import FoundationEssentials
package import Ingest

/// A token as a line of the file of tokens: a JSON object.
extension Token {
    private struct Fields: Codable {
        var id: String
        var sha256: String
        var scopes: [String]
        var prefix: String?
        var expires: String?
        var quota: Int64?
    }

    private static let keys: Set<String> = ["id", "sha256", "scopes", "prefix", "expires", "quota"]

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Names: Decodable {
        let all: Set<String>

        init(from decoder: any Decoder) throws {
            all = Set(try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue))
        }
    }

    /// Throws `.invalidFile` with the reason.
    package init(line: String) throws(AccessError) {
        let fields: Fields
        do {
            let data = Data(line.utf8)
            let unknown = try JSONDecoder().decode(Names.self, from: data).all.subtracting(Self.keys).sorted()
            guard unknown.isEmpty else {
                throw AccessError(.invalidFile, "There is no such key: \(unknown.joined(separator: ", ")).")
            }
            fields = try JSONDecoder().decode(Fields.self, from: data)
        } catch let error as AccessError {
            throw error
        } catch {
            throw AccessError(.invalidFile, Self.reason(error))
        }
        try self.init(fields)
    }

    private init(_ fields: Fields) throws(AccessError) {
        guard let digest = SHA256Digest(hexadecimal: fields.sha256.lowercased()) else {
            throw AccessError(.invalidFile, "sha256 is 64 hexadecimal digits.")
        }
        var scopes: Set<Scope> = []
        for name in fields.scopes {
            guard let scope = Scope(rawValue: name) else {
                let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
                throw AccessError(.invalidFile, "“\(name)” is no scope; there are \(known).")
            }
            scopes.insert(scope)
        }
        let prefix: PathPrefix?
        do {
            prefix = try fields.prefix.map { text throws(IngestError) in try PathPrefix(text) }
        } catch {
            throw AccessError(.invalidFile, "prefix: \(error.message)")
        }
        try self.init(
            id: fields.id,
            digest: digest,
            scopes: scopes,
            prefix: prefix,
            expiresAt: try fields.expires.map(Self.moment),
            quota: fields.quota
        )
    }

    /// Without the line's end.
    package var line: String {
        get throws(AccessError) {
            let fields = Fields(
                id: id,
                sha256: digest.hexadecimal,
                scopes: Scope.allCases.filter(scopes.contains).map(\.rawValue),
                prefix: prefix?.description,
                expires: expiresAt.map(Self.text),
                quota: quota
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            do {
                return String(decoding: try encoder.encode(fields), as: UTF8.self)
            } catch {
                throw AccessError(.invalidFile, "The token cannot be written: \(error).")
            }
        }
    }

    /// A moment in RFC 3339, in UTC and to the second: `2027-01-31T12:00:00Z`.
    package static func text(_ moment: Timestamp) -> String {
        Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000).formatted(.iso8601)
    }

    private static func moment(_ text: String) throws(AccessError) -> Timestamp {
        guard let date = try? Date(text, strategy: .iso8601) else {
            throw AccessError(.invalidFile, "expires is a time like 2027-01-31T12:00:00Z.")
        }
        return Timestamp(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing."
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            context.codingPath.isEmpty
                ? "A token is a JSON object."
                : "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another type."
        default: "The line is no JSON object."
        }
    }
}
