import HTTPTypes
import Ingest
import MicroHTTP
import Testing

@testable import UploadAPI

@Suite struct ProblemTests {
    private static let statuses: [IngestError.Code: Int] = [
        .invalidName: 400, .lengthMismatch: 400, .digestMismatch: 400, .truncated: 400, .superseded: 409,
        .notFound: 404, .isDirectory: 409, .nameTaken: 409, .notOurs: 409, .preconditionFailed: 412, .forbidden: 403,
        .tooLarge: 413,
        .tooManyFiles: 413, .quotaExceeded: 507, .noSpace: 507, .noInodes: 507,
        .tooManyUploads: 503, .tooManyUploadsFromAddress: 429, .busy: 503, .outOfResources: 503, .undecided: 503,
        .stopping: 503, .unhealthy: 503,
        .outcomeUnknown: 500, .storageFailed: 500,
    ]

    @Test(arguments: IngestError.Code.allCases)
    func everyCodeHasItsStatus(code: IngestError.Code) throws {
        let problem = Problem(IngestError(code, "Said so.", limit: 7))
        #expect(problem.status.code == Self.statuses[code])
        #expect((problem.headers[.retryAfter] != nil) == [429, 503, 507].contains(problem.status.code))
        #expect(problem.json["detail"] == .string("Said so."))
        #expect(problem.json["limit"] == .number(7))
    }

    @Test(arguments: [(Duration.milliseconds(1), "1"), (.seconds(0), "1"), (.milliseconds(7100), "8")])
    func theErrorKnowsBetterWhenToTryAgain(time: Duration, seconds: String) {
        var error = IngestError(.quotaExceeded, "")
        error.retryAfter = time
        #expect(Problem(error).headers[.retryAfter] == seconds)
    }

    @Test func everyCodeHasARuleOfItsOwn() {
        let rules = IngestError.Code.allCases.map { Problem(IngestError($0, "")).rule }
        #expect(Set(rules).count == rules.count)
        #expect(rules.allSatisfy { rule in rule.utf8.allSatisfy { (97...122).contains($0) || $0 == 45 } })
    }

    @Test func aProblemIsWrittenInOneOrder() {
        let reply = Reply(Problem(IngestError(.tooLarge, "Over \"1\".", limit: 1)).response)
        #expect(reply["Content-Type"] == "application/problem+json")
        #expect(
            reply.text
                == #"{"type":"/problems/too-large","title":"The file is too large.","status":413,"#
                + #""detail":"Over \"1\".","limit":1}"# + "\n"
        )
    }

    @Test func anUnknownErrorTellsNothingOfTheInside() {
        struct Secret: Error {}
        let problem = Problem(Secret())
        #expect(problem.status.code == 500)
        #expect(problem.limit == nil)
        #expect(!problem.detail.contains("Secret"))
    }

    @Test(arguments: [
        (RequestBodyError.Code.disconnected, 400), (.truncated, 400), (.tooSlow, 408), (.timedOut, 408),
        (.shuttingDown, 503), (.malformed, 400), (.interrupted, 409),
    ])
    func aBodyThatBreaksOffLeavesNothing(code: RequestBodyError.Code, status: Int) async {
        let service = TestService()
        let reply = await service.send(
            .put,
            "/files/a",
            chunks: [Array("abc".utf8)],
            isLengthDeclared: false,
            failure: RequestBodyError(code)
        )
        #expect(reply.status == status)
        #expect(service.bucket.paths.isEmpty)
        #expect(service.bucket.spooled == 0)
    }
}
