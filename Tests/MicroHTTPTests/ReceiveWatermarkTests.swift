import Testing

@testable import MicroHTTP

@Suite struct ReceiveWatermarkTests {
    private let raised = ReceiveWatermark.raised

    @Test func aTrickleIsHeldBackUntilItIsWorthATurn() {
        var watermark = ReceiveWatermark()
        #expect(watermark.moved(1000, missing: 1 << 20) == raised)
        #expect(watermark.moved(raised, missing: (1 << 20) - 4000) == nil)
    }

    @Test func theEndOfABodyIsNeverHeldBack() {
        var watermark = ReceiveWatermark()
        #expect(watermark.moved(1000, missing: Int64(raised)) == raised)
        #expect(watermark.moved(1, missing: Int64(raised) - 1) == 1)
        #expect(watermark.moved(1, missing: Int64(raised) - 2) == nil)
        #expect(watermark.moved(1, missing: 0) == nil)
    }

    @Test func aBodyInLargePiecesIsLeftAlone() {
        var watermark = ReceiveWatermark()
        for missing in stride(from: Int64(1 << 20), through: 0, by: -(64 << 10)) {
            #expect(watermark.moved(64 << 10, missing: missing) == nil)
        }
    }

    @Test func aTrickleThatSwellsIsLeftAloneFromThenOn() {
        var watermark = ReceiveWatermark()
        #expect(watermark.moved(1000, missing: 1 << 30) == raised)
        #expect(watermark.moved(20_000, missing: 1 << 30) == nil)
        #expect(watermark.moved(64 << 10, missing: 1 << 30) == 1)
        #expect(watermark.moved(64 << 10, missing: 1 << 30) == nil)
    }

    @Test func onceLoweredItStaysLow() {
        var watermark = ReceiveWatermark()
        #expect(watermark.moved(10, missing: 1 << 20) == raised)
        #expect(watermark.lower() == 1)
        #expect(watermark.lower() == nil)
        #expect(watermark.moved(10, missing: 1 << 20) == nil)
    }
}
