import Ingest
import Multipart

/// What follows from the limits of uploads for a form as a whole.
struct FormLimits {
    private let limits: IngestLimits

    /// Parts that are no files and are taken beside as many files as are allowed.
    private static let fields = 100
    /// What a body may hold besides files before it is worth a thought, bytes.
    private static let allowance: Int64 = 8 << 20

    init(_ limits: IngestLimits) {
        self.limits = limits
    }

    /// The parser's own limit of parts must not be met before that of files.
    var parser: MultipartLimits {
        var parser = MultipartLimits()
        let files = limits.maxFilesPerForm
        parser.parts = files == 0 ? .max : max(parser.parts, min(files, .max - Self.fields) + Self.fields)
        return parser
    }

    /// Bytes of all files that a body may hold and of what may be around them; nil: any number.
    var largestBody: Int64? {
        let (size, parser) = (limits.maxUploadSize, parser)
        guard size > 0, limits.maxFilesPerForm > 0 else { return nil }
        let files = size.multipliedReportingOverflow(by: Int64(limits.maxFilesPerForm))
        // A delimiter has at most 76 bytes with its line ends (RFC 2046 section 5.1.1), some blanks besides.
        let part = Int64(parser.partHeaderBytes + FormFiles.fieldLimit + 128)
        let rest = part.multipliedReportingOverflow(by: Int64(parser.parts))
        let around = Int64(parser.preamble + parser.epilogue)
        guard !files.overflow, !rest.overflow else { return nil }
        let (parts, overflows) = files.partialValue.addingReportingOverflow(rest.partialValue)
        let (largest, overflowsToo) = parts.addingReportingOverflow(Int64(around))
        return overflows || overflowsToo ? nil : largest
    }

    /// Throws `.tooLarge` for a body that cannot but hold a file above the limit, or too many.
    func requireSize(_ body: Int64) throws(IngestError) {
        guard let largestBody, body > largestBody else { return }
        let size = limits.maxUploadSize
        throw IngestError(
            .tooLarge,
            "The form is larger than \(limits.maxFilesPerForm) files of at most \(size) bytes can be.",
            limit: size
        )
    }

    /// Bytes of files that a body of this length holds at the least; nil is a length that is not declared.
    static func content(ofBody length: Int64?) -> Int64 {
        length.map { $0 == 0 ? 0 : max(1, $0 - allowance) } ?? 1
    }
}
