import Foundation
import Testing

/// What fuzzing began with and what it found holds for good.
@Suite struct ReplayTests {
    private static func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Corpus/\(target.rawValue)"
        )
        return try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil).map {
            ($0.lastPathComponent, Array(try Data(contentsOf: $0)))
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func everyInputOfTheCorpusHolds(_ target: FuzzTarget) throws {
        let inputs = try Self.inputs(of: target)
        #expect(inputs.count > 4)
        for (name, bytes) in inputs {
            #expect(throws: Never.self, "\(name)") { try target.check(bytes) }
        }
    }

    /// Inputs near those of the corpus, so that every run covers a little more than they do.
    @Test(arguments: FuzzTarget.allCases)
    func cutAndChangedInputsHoldToo(_ target: FuzzTarget) throws {
        for (name, bytes) in try Self.inputs(of: target) {
            for index in bytes.indices.prefix(300) {
                var changed = bytes
                changed[index] = [0x00, 0x0D, 0x2D, 0x25, 0xFF][index % 5]
                #expect(throws: Never.self, "\(name), byte \(index) changed") { try target.check(changed) }
                #expect(throws: Never.self, "\(name), cut at \(index)") { try target.check(Array(bytes[..<index])) }
            }
        }
    }
}
