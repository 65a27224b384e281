import Ingest

func checkNames(_ input: [UInt8]) throws {
    let hint = String(decoding: input, as: UTF8.self)
    let name = FileName(repairing: hint)
    try hold(FileName(repairing: name.text) == name, "a repaired name needs no repair: \(name.text.debugDescription)")
    let path = try BucketPath(name, in: nil)
    try hold(path.bytes.count <= NameRules.maxComponentBytes, "a repaired name is short enough")
    for number in [1, 9, 99_999_999] {
        let other = path.alternative(number)
        try hold(other.components.count == 1 && other.bytes.count <= 255, "alternatives are names")
        try hold(String(validating: other.bytes, as: UTF8.self) != nil, "alternatives are text")
    }
    let segments = hint.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let chosen = try? BucketPath(segments: segments) else { return }
    try hold(chosen.components.count == segments.count, "a segment is one component")
    try hold(BucketPath(lookingUp: segments.map { Array($0.utf8) }) == chosen, "what was stored can be looked up")
    try hold(!chosen.bytes.contains { $0 < 0x20 || $0 == 0x5C || $0 == 0x7F }, "no control character in a path")
    for segment in segments {
        try hold(FileName(repairing: segment).text.utf8.elementsEqual(segment.utf8), "a good name needs no repair")
    }
}
