import Testing

@testable import bucketctl

@Suite struct ResumableUploadTests {
    @Test func aNewUploadIsCreatedAndSent() {
        var upload = ResumableUpload(size: 10)
        #expect(upload.action == .create && upload.resource == nil)
        upload.created("/u/1")
        #expect(upload.action == .send("/u/1", from: 0))
    }

    @Test func afterAnInterruptionItIsAskedWhereToGoOn() {
        var upload = ResumableUpload(size: 10)
        upload.created("/u/1")
        upload.interrupted()
        #expect(upload.action == .ask("/u/1"))
        let isProgress1 = upload.told(4, isComplete: false)
        #expect(isProgress1)
        #expect(upload.action == .send("/u/1", from: 4))
        upload.interrupted()
        // The same offset again is no progress.
        let isProgress2 = upload.told(4, isComplete: false)
        #expect(!isProgress2)
        upload.interrupted()
        let isProgress3 = upload.told(10, isComplete: false)
        #expect(isProgress3)
        // All is there, but the last request is still to be made.
        #expect(upload.action == .send("/u/1", from: 10))
    }

    @Test func anInterruptedCreationIsMadeAgain() {
        var upload = ResumableUpload(size: 10)
        upload.interrupted()
        #expect(upload.action == .create)
    }

    @Test func theAnswerThatWasLostIsAskedForAgain() {
        var upload = ResumableUpload(size: 10, resource: "/u/1")
        #expect(upload.action == .ask("/u/1"))
        let isProgress4 = upload.told(10, isComplete: true)
        #expect(isProgress4)
        #expect(upload.action == .collect("/u/1"))
        upload.interrupted()
        #expect(upload.action == .ask("/u/1"))
    }

    @Test(arguments: [(11, false), (-1, false), (9, true)] as [(Int64, Bool)])
    func whatCannotBeOursIsGivenUp(offset: Int64, isComplete: Bool) {
        var upload = ResumableUpload(size: 10, resource: "/u/1")
        let isProgress5 = upload.told(offset, isComplete: isComplete)
        #expect(!isProgress5)
        #expect(upload.action == .create)
    }

    @Test func aServerThatForgetsAgainAndAgainIsNotAskedForEver() {
        var upload = ResumableUpload(size: 10, resource: "/u/1")
        for _ in 0..<3 {
            let isToGoOn6 = upload.lost()
            #expect(isToGoOn6)
            upload.created("/u/2")
        }
        let isToGoOn7 = upload.lost()
        #expect(!isToGoOn7)
    }
}
