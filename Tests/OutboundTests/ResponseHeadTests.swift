import HTTPTypes
import Testing

@testable import Outbound

@Suite struct ResponseHeadTests {
    private func events(_ lines: [String]) -> [String] {
        var head = ResponseHead()
        return lines.map { line in
            Array((line + "\r\n").utf8).withUnsafeBytes { bytes in
                switch head.take(bytes) {
                case .more: "more"
                case .interim(let response): "interim \(response.status.code)"
                case .final(let response): "final \(response.status.code) \(response.fields.count)"
                case .malformed: "malformed"
                }
            }
        }
    }

    @Test func headsFollowOneAnother() {
        #expect(
            events([
                "HTTP/1.1 100 Continue", "", "HTTP/1.1 201 Created", "A: b", "C:d", "no field", "", "Trailer: x", "",
            ])
                == ["more", "interim 100", "more", "more", "more", "more", "final 201 2", "more", "more"]
        )
    }

    @Test(arguments: ["", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/1.1 20 Short", "220 smtp"])
    func whatIsNoHeadIsMalformed(line: String) {
        #expect(events([line]) == ["malformed"])
    }
}
