import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

@Suite struct ThumbnailRouteTests {
    private let service = TestService(plan: ["thumbnail"])

    @Test func aThumbnailIsServedForItsGeneration() async {
        service.bucket.add("a/b.png")
        service.bucket.endJob(2, .done)
        for target in ["/thumbnails/a/b.png?size=256", "/thumbnails/a/b.png"] {
            let reply = await service.send(.get, target)
            #expect(reply.status == 200)
            #expect(reply.text == "thumbnail of a/b.png")
            #expect(reply["Content-Type"] == "image/webp")
            #expect(reply["X-Content-Type-Options"] == "nosniff")
            let again = await service.send(.get, target, ["If-None-Match": reply["ETag"] ?? ""])
            #expect(again.status == 304)
        }
        service.bucket.touch("a/b.png")
        #expect(await service.send(.get, "/thumbnails/a/b.png").status == 404)
    }

    @Test(arguments: [
        (JobState.ready, "not made yet"), (.dead, "could not be made"), (.cancelled, "was cancelled"),
    ])
    func theStateOfTheJobIsTold(state: JobState, detail: String) async {
        service.bucket.add("a.png")
        service.bucket.endJob(2, state)
        let reply = await service.send(.get, "/thumbnails/a.png?size=256")
        #expect(reply.status == 404)
        #expect(reply["Content-Type"] == "application/problem+json")
        #expect(reply.text.contains(detail))
        #expect(reply.text.contains(#""job":{"id":2,"kind":"thumbnail","state":"\#(state.rawValue)""#))
    }

    @Test func whatIsNotThereIsToldApart() async {
        service.bucket.add("a.png")
        service.bucket.endJob(2, .done)
        #expect(await service.send(.get, "/thumbnails/a.png?size=7").text.contains("no thumbnail of this size"))
        #expect(await service.send(.get, "/thumbnails/a.png?size=x").status == 400)
        #expect(await service.send(.get, "/thumbnails/b.png").status == 404)
    }
}
