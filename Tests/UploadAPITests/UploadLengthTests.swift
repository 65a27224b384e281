import HTTPTypes
import Testing

@testable import UploadAPI

@Suite struct UploadLengthTests {
    struct Step: Sendable {
        var offset: Int64
        var declared: Int64?
        var content: Int64?
        var completes = false
    }

    struct Case: Sendable {
        var known: Int64?
        var step: Step
        var violation: UploadLength.Violation?
        var length: Int64?
    }

    @Test(arguments: [
        // Nothing is known, nothing is said.
        Case(step: Step(offset: 0, content: 5)),
        Case(step: Step(offset: 0)),
        // Each of the two indicators, in one request or in two.
        Case(step: Step(offset: 0, declared: 9, content: 5), length: 9),
        Case(step: Step(offset: 5, content: 4, completes: true), length: 9),
        Case(known: 9, step: Step(offset: 5, content: 4, completes: true), length: 9),
        Case(known: 9, step: Step(offset: 5, declared: 9, content: 4, completes: true), length: 9),
        Case(known: 9, step: Step(offset: 5, declared: 9), length: 9),
        Case(known: 9, step: Step(offset: 9, content: 0, completes: true), length: 9),
        // They disagree.
        Case(known: 9, step: Step(offset: 5, declared: 8), violation: .inconsistent, length: 9),
        Case(known: 9, step: Step(offset: 5, declared: 10), violation: .inconsistent, length: 9),
        Case(known: 9, step: Step(offset: 5, content: 3, completes: true), violation: .inconsistent, length: 9),
        Case(step: Step(offset: 5, declared: 9, content: 3, completes: true), violation: .inconsistent),
        Case(step: Step(offset: 5, declared: 4), violation: .inconsistent),
        // More content than there can be, complete or not.
        Case(known: 9, step: Step(offset: 5, content: 5), violation: .exceeded, length: 9),
        Case(known: 9, step: Step(offset: 5, content: 5, completes: true), violation: .exceeded, length: 9),
        Case(step: Step(offset: 0, declared: 4, content: 5), violation: .exceeded),
        Case(step: Step(offset: .max, content: 1), violation: .exceeded),
        // A chunked body says nothing beforehand.
        Case(known: 9, step: Step(offset: 5, completes: true), length: 9),
        Case(step: Step(offset: 5, completes: true)),
    ])
    func aRequestsHeadersAreJudged(row: Case) {
        var length = UploadLength(known: row.known)
        var violation: UploadLength.Violation?
        do {
            try length.begin(
                at: row.step.offset,
                declared: row.step.declared,
                content: row.step.content,
                completes: row.step.completes
            )
        } catch {
            violation = error
        }
        #expect(violation == row.violation)
        #expect(length.known == row.length)
    }

    @Test func contentIsJudgedAsItComes() throws {
        let length = UploadLength(known: 9)
        #expect(length.room(after: 5) == 4)
        #expect(length.room(after: 9) == 0)
        try length.require(9)
        #expect(throws: UploadLength.Violation.exceeded) { try length.require(10) }
        #expect(UploadLength().room(after: 5) == nil)
        try UploadLength().require(.max)
    }

    @Test func onlyWhoSaysSoCompletesAnUpload() throws {
        var length = UploadLength(known: 9)
        #expect(try length.end(at: 9, completes: false) == false)
        #expect(throws: UploadLength.Violation.inconsistent) { try length.end(at: 8, completes: true) }
        #expect(throws: UploadLength.Violation.exceeded) { try length.end(at: 10, completes: true) }
        #expect(try length.end(at: 9, completes: true) == true)
        var unknown = UploadLength()
        #expect(try unknown.end(at: 7, completes: false) == false)
        #expect(try unknown.end(at: 7, completes: true) == true)
        #expect(unknown.known == 7)
    }

    @Test func draftsDifferInWhatBecomesOfAnExceededUpload() throws {
        for (interop, ends) in [("3", false), ("6", false), ("7", true), ("8", true)] {
            let dialect = try #require(ResumableDialect([.uploadDraftInteropVersion: interop]))
            #expect(dialect.endsExceededUploads == ends)
        }
        #expect(ResumableDialect.newest.endsExceededUploads)
    }
}
