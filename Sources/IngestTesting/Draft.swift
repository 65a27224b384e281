/// A version of Resumable Uploads for HTTP, as a client speaks it.
package struct Draft: Hashable, Sendable, CustomStringConvertible {
    /// Nil: without a version.
    package let interop: Int?

    package static let all = [3, 4, 5, 6, 7, 8, nil].map(Draft.init)
    package static let newest = Draft(interop: nil)

    package init(interop: Int?) {
        self.interop = interop
    }

    package var description: String { interop.map { "interop \($0)" } ?? "no version" }
    /// As it is numbered, and counted where it is not.
    package var number: Int { interop ?? 9 }

    /// The field that tells the version.
    package var version: [String: String] { interop.map { ["Upload-Draft-Interop-Version": "\($0)"] } ?? [:] }
    /// The field that tells whether an upload is complete.
    package var completeness: String { interop == 3 ? "Upload-Incomplete" : "Upload-Complete" }

    /// The fields of a request whose content is the last, or not.
    package func fields(completes: Bool, _ more: [String: String] = [:]) -> [String: String] {
        let own = version.merging([completeness: completes != (interop == 3) ? "?1" : "?0"]) { $1 }
        return own.merging(more) { $1 }
    }

    /// The fields of a request that goes on with an upload.
    package func append(at offset: Int, completes: Bool, _ more: [String: String] = [:]) -> [String: String] {
        let own = ["Content-Type": "application/partial-upload", "Upload-Offset": "\(offset)"]
        return fields(completes: completes, own.merging(more) { $1 })
    }

    /// What a field of that name says; nil for none.
    package func isComplete(_ value: String?) -> Bool? {
        value.map { ($0 == "?1") != (interop == 3) }
    }
}
