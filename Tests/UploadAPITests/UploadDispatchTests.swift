import HTTPTypes
import Testing

@testable import UploadAPI

@Suite struct UploadDispatchTests {
    enum Choice: Hashable, Sendable {
        case tus(String)
        case resumable(String, Int?)
        case plainly(String)
        case creation(Int?, completes: Bool)
        case discovery
        case plain
        case refused(Int)

        init(_ dispatch: UploadDispatch) {
            switch dispatch {
            case .tus(let method): self = .tus(method.rawValue)
            case .resumable(let method, _, true): self = .plainly(method.rawValue)
            case .resumable(let method, let dialect, false): self = .resumable(method.rawValue, dialect.interop)
            case .resumableCreation(let creation):
                self = .creation(creation.dialect.interop, completes: creation.completes)
            case .discovery: self = .discovery
            case .plain: self = .plain
            }
        }
    }

    struct Case: Sendable {
        let method: String
        let target: UploadDispatch.Target
        let fields: [String: String]
        let choice: Choice

        init(_ method: String, _ target: UploadDispatch.Target, _ fields: [String: String], _ choice: Choice) {
            self.method = method
            self.target = target
            self.fields = fields
            self.choice = choice
        }
    }

    private static let tus = ["Tus-Resumable": "1.0.0"]
    private static let apple = ["Upload-Complete": "?1", "Upload-Draft-Interop-Version": "6"]
    private static let tusByApple = tus.merging(apple) { $1 }

    @Test(arguments: [
        // tus comes first, whatever a stack adds.
        Case("POST", .files, tus, .tus("POST")), Case("PUT", .files, tusByApple, .plain),
        Case("POST", .files, tusByApple, .tus("POST")),
        Case("PATCH", .upload, tusByApple, .tus("PATCH")), Case("HEAD", .upload, tusByApple, .tus("HEAD")),
        Case("GET", .upload, tus, .tus("GET")), Case("DELETE", .upload, tus, .tus("DELETE")),
        Case("POST", .files, ["Tus-Resumable": "0.2.1"], .refused(412)),
        Case("PATCH", .upload, ["Tus-Resumable": ""], .refused(412)),
        // Requests to an upload.
        Case("HEAD", .upload, ["Upload-Draft-Interop-Version": "8"], .resumable("HEAD", 8)),
        Case("GET", .upload, ["Upload-Draft-Interop-Version": "8"], .resumable("GET", 8)),
        Case("PATCH", .upload, apple, .resumable("PATCH", 6)),
        Case("PATCH", .upload, ["Upload-Complete": "?1"], .resumable("PATCH", nil)),
        Case("PATCH", .upload, [:], .resumable("PATCH", nil)), Case("DELETE", .upload, [:], .resumable("DELETE", nil)),
        Case("PATCH", .upload, ["Upload-Draft-Interop-Version": "99"], .resumable("PATCH", nil)),
        Case("PUT", .upload, [:], .resumable("PUT", nil)), Case("POST", .upload, [:], .resumable("POST", nil)),
        Case("HEAD", .upload, [:], .plainly("HEAD")), Case("GET", .upload, ["Accept": "text/html"], .plainly("GET")),
        Case("HEAD", .upload, ["Upload-Complete": "?1"], .resumable("HEAD", nil)),
        // Creations.
        Case("POST", .files, apple, .creation(6, completes: true)),
        Case("PUT", .files, apple, .creation(6, completes: true)),
        Case("PUT", .files, ["Upload-Complete": "?0"], .creation(nil, completes: false)),
        Case(
            "POST",
            .files,
            ["Upload-Incomplete": "?1", "Upload-Draft-Interop-Version": "3"],
            .creation(3, completes: false)
        ),
        Case(
            "POST",
            .files,
            ["Upload-Incomplete": "?0", "Upload-Draft-Interop-Version": "3"],
            .creation(3, completes: true)
        ),
        Case(
            "POST",
            .files,
            ["Upload-Complete": "?1", "Content-Type": "multipart/form-data; boundary=a"],
            .creation(nil, completes: true)
        ),
        Case("POST", .files, ["Upload-Complete": "?1", "Upload-Length": "6"], .refused(400)),
        // What is invalid is ignored: a plain upload.
        Case("POST", .files, ["Upload-Complete": "true"], .plain),
        Case("PUT", .files, ["Upload-Complete": "?2"], .plain),
        Case("PUT", .files, ["Upload-Incomplete": "?1"], .plain), Case("PUT", .files, ["Upload-Length": "6"], .plain),
        Case("PUT", .files, ["Upload-Complete": "?1", "Upload-Draft-Interop-Version": "99"], .plain),
        Case("PUT", .files, ["Upload-Draft-Interop-Version": "6"], .plain), Case("POST", .files, [:], .plain),
        Case("PUT", .files, [:], .plain),
        // OPTIONS is for everybody.
        Case("OPTIONS", .files, [:], .discovery), Case("OPTIONS", .upload, tus, .discovery),
        Case("OPTIONS", .files, apple, .discovery), Case("OPTIONS", .files, ["Tus-Resumable": "9"], .discovery),
        // Another method behind POST, and behind it alone.
        Case("POST", .upload, tus.merging(["X-HTTP-Method-Override": "PATCH"]) { $1 }, .tus("PATCH")),
        Case("POST", .upload, tus.merging(["X-HTTP-Method-Override": "DELETE"]) { $1 }, .tus("DELETE")),
        Case("POST", .upload, tus.merging(["X-HTTP-Method-Override": "HEAD"]) { $1 }, .tus("HEAD")),
        Case("POST", .upload, tus.merging(["X-HTTP-Method-Override": "PUT"]) { $1 }, .tus("POST")),
        Case("POST", .upload, tus.merging(["X-HTTP-Method-Override": "patch"]) { $1 }, .tus("POST")),
        Case("POST", .upload, tus.merging(["X-HTTP-Method-Override": "a b"]) { $1 }, .tus("POST")),
        Case("GET", .upload, tus.merging(["X-HTTP-Method-Override": "DELETE"]) { $1 }, .tus("GET")),
        Case("PATCH", .upload, tus.merging(["X-HTTP-Method-Override": "DELETE"]) { $1 }, .tus("PATCH")),
        Case("POST", .upload, ["X-HTTP-Method-Override": "PATCH"], .resumable("PATCH", nil)),
        Case("POST", .files, ["X-HTTP-Method-Override": "DELETE"], .plain),
    ])
    func theOrderDecides(row: Case) throws {
        let method = try #require(HTTPRequest.Method(row.method))
        let fields = try ResumableCodecTests.fields(row.fields)
        do {
            let dispatch = try UploadDispatch.choose(method, row.target, fields, content: 5)
            #expect(Choice(dispatch) == row.choice)
        } catch {
            #expect(row.choice == .refused(error.status.code))
        }
    }

    @Test(
        arguments: [
            ([:], "max-size=5, max-age=60"), (["Upload-Draft-Interop-Version": "6"], "max-size=5, expires=60"),
            (["Upload-Draft-Interop-Version": "3"], "max-size=5, max-age=60"),
            (["Upload-Draft-Interop-Version": "99", "Upload-Complete": "?1"], "max-size=5, max-age=60"),
        ] as [([String: String], String)]
    )
    func optionsTellsEverybodyAtOnce(fields: [String: String], limit: String) throws {
        let limits = ResumableLimits(maxSize: 5, maxAge: 60)
        let answer = UploadDispatch.discovered(try ResumableCodecTests.fields(fields), limits: limits)
        #expect(answer[.uploadLimit] == limit)
        #expect(answer[.tusVersion] == "1.0.0")
        #expect(answer[.tusMaxSize] == "5")
        #expect(UploadDispatch.discovered([:], limits: ResumableLimits())[.uploadLimit] == "min-size=0")
    }
}
