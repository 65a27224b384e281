import Digests
import HTTPTypes
import Ingest
import Multipart

@testable import UploadAPI

func checkFields(_ input: [UInt8]) throws {
    let value = String(decoding: input, as: UTF8.self)
    try checkRange(value)
    try checkNaming(value)
    if let date = HTTPDate(value) {
        try hold(HTTPDate(date.text) == date, "a date survives being written: \(date.text)")
    }
    try checkDigests(value)
    if let wait = Preferences(value).wait {
        try hold((0...Preferences.longestWait).contains(wait), "a wait has its bounds")
    }
    _ = EntityTagList(value)
    _ = MediaPreference(accept: value).prefersHTML
    _ = FieldMember.list(value)
    _ = HostName(authority: value)
    if let json = JSONValue(parsing: input) {
        try hold(json.bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "JSON is one line")
        try hold(JSONValue(parsing: json.bytes) == json, "JSON survives being written")
    }
}

private func checkDigests(_ value: String) throws {
    for name in [HTTPField.Name.contentDigest, .reprDigest, .contentMD5] {
        guard let claims = try? DigestFields.claims(in: [name: value]), !claims.isEmpty else { continue }
        let written = claims.map { name == .contentMD5 ? $0.digest.base64 : $0.digest.fieldMember ?? "" }
        let again = try DigestFields.claims(in: [name: written.joined(separator: ", ")])
        try hold(again == claims, "digests survive being written")
    }
    let digest = StreamingDigest(.sha256).finalize()
    let member = DigestPreferences(value).member(from: [.sha256: digest])
    try hold(member == nil || member == digest.fieldMember, "what is not known is not promised")
}

private func checkRange(_ value: String) throws {
    for length: Int64 in [0, 1, 1000, .max] {
        guard case .part(let range) = ByteRange(value, length: length) else { continue }
        try hold(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= length, "a range is within the file")
    }
}

private func checkNaming(_ value: String) throws {
    let type = try? MultipartBoundary(contentType: value)
    try hold(type == nil || value.lowercased().contains("boundary"), "a boundary comes from its parameter")
    guard let hint = try? ContentDisposition(value).filename else { return }
    let path = try BucketPath(FileName(repairing: hint), in: nil)
    let field = AttachmentName(path).field
    try hold(field.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a response's field is printable ASCII")
    try hold(field.utf8.count { $0 == UInt8(ascii: "\"") } == 2, "nothing ends the quotes early")
}
