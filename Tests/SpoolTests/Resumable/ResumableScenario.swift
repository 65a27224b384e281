import Ingest
import IngestTesting
import Testing

/// One request to an upload of several, and how it stands before.
struct ResumableScenario: Sendable, CustomTestStringConvertible {
    enum Operation: Sendable {
        /// Begins an upload, with its first bytes.
        case creation(Int)
        /// Sends so many bytes more.
        case append(Int)
        case termination
        /// Makes one upload of two that are whole.
        case concatenation
        /// Sends so many bytes more of the last of two pieces, of which an upload is made that waits for them.
        case lastPiece(Int)
        /// The upload's time has come.
        case expiry
    }

    var testDescription: String
    var dialect: UploadDialect
    /// Bytes that the upload has before; nil: there is none yet.
    var before: Int?
    /// Whether another process took these.
    var isRestarted = false
    var operation: Operation
    /// What is under the upload's name before.
    var other: String?
    var collision = Collision.replace
    /// The status of the answer to the request that completes the upload, if that is refused.
    var refusal: Int?
    /// The form that the upload is.
    var form: FormBody?

    static let name = "fox.txt"
    private static let text = "The quick brown fox jumps over the lazy dog"
    private static let files = [name: "The quick brown fox", "dog.txt": "The lazy dog"]

    var content: [UInt8] { form?.bytes ?? Array(Self.text.utf8) }
    /// Content by name before the upload is complete, and afterwards.
    var visibleBefore: [String: String] { other.map { [Self.name: $0] } ?? [:] }
    var visibleAfter: [String: String] {
        guard refusal == nil else { return visibleBefore }
        return form == nil ? [Self.name: Self.text] : Self.files
    }

    /// Whether all of it appears at once also for those who look when nobody knows what became of it.
    var isOneFile: Bool { form == nil }

    static let all =
        UploadDialect.allCases.flatMap(scenarios(of:)) + [
            ResumableScenario(testDescription: "tus, concatenation", dialect: .tus, operation: .concatenation),
            ResumableScenario(testDescription: "tus, the last piece", dialect: .tus, operation: .lastPiece(15)),
            form("the rest of a form", isRestarted: false),
            form("the rest of a form after a restart", isRestarted: true),
        ]

    /// Those that meet the ledger in every way.
    static let recorded = all.filter { scenario in
        [
            "tus, the rest of it", "tus, termination", "tus, a beginning with content", "tus, the last piece",
            "draft, the rest of it", "draft, the rest of a form",
        ].contains(scenario.testDescription)
    }

    private static func form(_ title: String, isRestarted: Bool) -> Self {
        let files = Self.files.sorted { $0.key > $1.key }.map { (name: $0.key, content: Array($0.value.utf8)) }
        let form = FormBody(files: files)
        var scenario = ResumableScenario(
            testDescription: "draft, \(title)",
            dialect: .draft,
            before: form.bytes.count - 15,
            operation: .append(15)
        )
        (scenario.isRestarted, scenario.form, scenario.other) = (isRestarted, form, "old")
        return scenario
    }

    private static func scenarios(of dialect: UploadDialect) -> [ResumableScenario] {
        func scenario(_ title: String, _ before: Int?, _ operation: Operation) -> ResumableScenario {
            ResumableScenario(
                testDescription: "\(dialect), \(title)",
                dialect: dialect,
                before: before,
                operation: operation
            )
        }
        var replacing = scenario("the rest of what replaces a file", 20, .append(23))
        replacing.other = "old"
        var refused = scenario("the rest of what finds its name taken", 20, .append(23))
        (refused.other, refused.collision, refused.refusal) = ("old", .reject, 409)
        var restarted = scenario("the rest after a restart", 20, .append(23))
        restarted.isRestarted = true
        var appended = scenario("content after a restart", 20, .append(15))
        appended.isRestarted = true
        // What no client could learn of before its end is a plain upload in the draft.
        let whole = dialect == .tus ? [scenario("all at once", nil, .creation(43))] : []
        return whole + [
            scenario("a beginning", nil, .creation(0)),
            scenario("a beginning with content", nil, .creation(20)),
            scenario("content", 10, .append(25)),
            scenario("the rest of it", 20, .append(23)),
            appended, restarted, replacing, refused,
            scenario("termination", 20, .termination),
            scenario("expiry", 20, .expiry),
        ]
    }
}
