import Digests
import HTTPTypes

@testable import UploadAPI

/// Lines of `Name: value`, as fields of a request to one of the upload protocols.
func checkUploads(_ input: [UInt8]) throws {
    var fields: HTTPFields = [:]
    for line in input.split(separator: UInt8(ascii: "\n")) {
        let halves = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
        guard halves.count == 2, let name = HTTPField.Name(String(decoding: halves[0], as: UTF8.self)) else { continue }
        fields.append(HTTPField(name: name, value: halves[1]))
    }
    for content: Int64? in [nil, 0, 5] {
        try checkDispatch(fields, content: content)
        try checkTus(fields, content: content)
    }
}

private func checkDispatch(_ fields: HTTPFields, content: Int64?) throws {
    for method in [HTTPRequest.Method.post, .patch, .head, .delete, .options] {
        for target in [UploadDispatch.Target.files, .upload] {
            guard let choice = try? UploadDispatch.choose(method, target, fields, content: content) else { continue }
            switch choice {
            case .tus: try hold(fields[.tusResumable] == Tus.version, "a tus client says so")
            case .resumableCreation(let creation):
                try hold(fields[.tusResumable] == nil, "a tus client speaks nothing else")
                let known = creation.length.known
                try hold((known ?? 0) >= 0, "a length is not negative")
                try hold(!creation.completes || content == nil || known == content, "content that completes is all")
            case .resumable(let method, let dialect, _):
                let request = try? ResumableRequest(method, fields, in: dialect)
                guard case .append(let append) = request else { continue }
                try hold(append.offset >= 0 && (append.length ?? 0) >= 0, "an offset is not negative")
            case .discovery: try hold(method == .options, "OPTIONS alone asks for discovery")
            case .plain: try hold(target == .files, "a plain upload creates files")
            }
        }
    }
}

private func checkTus(_ fields: HTTPFields, content: Int64?) throws {
    if let creation = try? TusCreation(fields, content: content, maxSize: 1000) {
        try hold((0...1000).contains(creation.length ?? 0), "a length is within the limit")
        try hold(creation.metadata == nil || creation.metadata?.raw == fields[.uploadMetadata], "metadata is kept")
        if case .final(let pieces) = creation.concatenation {
            try hold(!pieces.isEmpty && pieces.allSatisfy { !$0.isEmpty }, "a final upload has pieces")
            try hold(!creation.hasContent && creation.length == nil, "a final upload has no content")
        }
    }
    guard let append = try? TusAppend(fields) else { return }
    do {
        let known = try append.length(known: nil, content: content, maxSize: 1000)
        try hold(known == append.length, "the length is the one that is told")
        try hold(append.offset + (content ?? 0) <= known ?? 1000, "content is within the length")
    } catch is Problem {}
    if case .against(let checksum) = append.check {
        try hold(TusChecksum.algorithms.contains(checksum.digest.algorithm), "a checksum is by what was announced")
    }
}
