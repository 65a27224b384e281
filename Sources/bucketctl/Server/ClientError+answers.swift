import FoundationEssentials
import HTTPTypes
import Outbound

extension ClientError {
    /// What an answer that is no success says: by RFC 9457, or by its status alone.
    init(_ response: ClientResponse) {
        struct Problem: Decodable {
            var type: String?
            var title: String?
            var detail: String?
        }
        let status = response.status
        let isProblem = response.fields[.contentType]?.hasPrefix("application/problem+json") == true
        let problem = isProblem ? try? JSONDecoder().decode(Problem.self, from: Data(response.content)) : nil
        let words = [problem?.title, problem?.detail].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
        let phrase = status.reasonPhrase.isEmpty ? "" : " \(status.reasonPhrase)"
        self.init(
            .refused(status.code),
            words.isEmpty ? "The server answered \(status.code)\(phrase)." : "\(words) (\(status.code))"
        )
        rule = problem?.type
        retryAfter = response.fields[.retryAfter].flatMap { Int64($0) }.map { .seconds(max(0, $0)) }
        // An earlier attempt with the same key may still be under way.
        isTransient = Self.isTransient(status.code) || status.code == 409 && retryAfter != nil
    }

    /// 501 and 505 will be so next time as well.
    private static func isTransient(_ status: Int) -> Bool {
        status == 429 || status == 408 || (500...599).contains(status) && status != 501 && status != 505
    }
}
