import Ingest
import Testing

@testable import Access

@Suite struct TicketKeyTests {
    private let key = TicketKey(TicketKey.randomBytes())
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func record(lifetime: Duration = .seconds(60)) -> TicketRecord {
        TicketRecord(id: .random(), directory: nil, createdAt: now, expiresAt: now.advanced(by: lifetime))
    }

    @Test func aTicketIsKnownByItsSignature() throws {
        let record = record()
        let text = key.text(of: record)
        #expect(try key.ticket(text, at: now) == record.id)
        #expect(text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"?&#%+/=".utf8.contains($0) })
    }

    @Test func nothingOfItCanBeChanged() throws {
        let record = record()
        let text = key.text(of: record)
        let parts = text.split(separator: ".").map(String.init)
        let other = TicketKey(TicketKey.randomBytes())
        for wrong in [
            "\(TicketID.random()).\(parts[1]).\(parts[2])", "\(parts[0]).9\(parts[1]).\(parts[2])",
            "\(parts[0]).\(parts[1]).\(other.text(of: record).split(separator: ".")[2])",
        ] {
            let error = #expect(throws: AccessError.self) { try key.ticket(wrong, at: now) }
            #expect(error?.code == .unknown)
        }
        for wrong in ["", "a", "..", "\(parts[0]).\(parts[1])", text + ".", "\(parts[0]).-1x.\(parts[2])", " " + text] {
            let error = #expect(throws: AccessError.self) { try key.ticket(wrong, at: now) }
            #expect(error?.code == .malformed, "\(wrong)")
        }
    }

    @Test func itEndsAtItsTime() throws {
        let text = key.text(of: record())
        #expect(throws: Never.self) { try key.ticket(text, at: now.advanced(by: .milliseconds(59_999))) }
        let error = #expect(throws: AccessError.self) { try key.ticket(text, at: now.advanced(by: .seconds(60))) }
        #expect(error?.code == .expired)
    }
}
