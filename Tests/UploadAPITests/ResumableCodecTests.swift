import HTTPTypes
import MicroHTTP
import StructuredFields
import Testing

@testable import UploadAPI

/// What requests of resumable uploads mean, and what their answers say, in every draft.
@Suite struct ResumableCodecTests {
    static func fields(_ fields: [String: String]) throws -> HTTPFields {
        var made: HTTPFields = [:]
        for (name, value) in fields { made[try #require(HTTPField.Name(name))] = value }
        return made
    }

    /// The fields that tell the version and the completeness.
    private static func request(_ interop: Int?, complete: Bool?, _ more: [String: String] = [:]) throws -> HTTPFields {
        var all = more
        if let interop { all["Upload-Draft-Interop-Version"] = String(interop) }
        if let complete {
            if interop == 3 {
                all["Upload-Incomplete"] = complete ? "?0" : "?1"
            } else {
                all["Upload-Complete"] = complete ? "?1" : "?0"
            }
        }
        return try fields(all)
    }

    private static func dialect(_ interop: Int?) throws -> ResumableDialect {
        try #require(ResumableDialect(request(interop, complete: nil)))
    }

    private static let versions: [Int?] = [3, 4, 5, 6, 7, 8, nil]

    // MARK: Versions

    @Test(
        arguments: [
            (nil, nil), ("3", 3), ("8", 8), ("8;a=1", 8), (" 06 ", 6), ("abc", nil), ("8, 8", nil), ("8.0", nil),
            ("", nil),
            ("?1", nil),
        ] as [(String?, Int?)]
    )
    func aVersionIsAnInteger(value: String?, interop: Int?) throws {
        let fields = try Self.fields(value.map { ["Upload-Draft-Interop-Version": $0] } ?? [:])
        let dialect = try #require(ResumableDialect(fields))
        #expect(dialect.interop == interop)
        #expect(dialect.hasInterimResponses == (interop != nil))
    }

    @Test(arguments: ["0", "1", "2", "9", "99", "-8", "999999999999999"])
    func otherVersionsAreNotSpoken(value: String) throws {
        #expect(ResumableDialect(try Self.fields(["Upload-Draft-Interop-Version": value])) == nil)
        let fields = try Self.fields(["Upload-Draft-Interop-Version": value, "Upload-Complete": "?1"])
        #expect(try ResumableCreation(fields, content: 5) == nil)
    }

    // MARK: Creation

    @Test(arguments: versions)
    func aCreationSaysWhetherItIsComplete(interop: Int?) throws {
        for completes in [true, false] {
            let creation = try ResumableCreation(Self.request(interop, complete: completes), content: 5)
            #expect(creation?.completes == completes)
            #expect(creation?.dialect.interop == interop)
            #expect(creation?.length.known == (completes ? 5 : nil))
            #expect(
                try ResumableCreation(Self.request(interop, complete: completes), content: nil)?.length.known == nil
            )
        }
        let isThree = interop == 3
        var other = try Self.request(interop, complete: nil)
        other[isThree ? .uploadComplete : .uploadIncomplete] = "?1"
        #expect(try ResumableCreation(other, content: 5) == nil)
    }

    @Test(arguments: ["true", "1", "?2", "?1, ?1", "?", "\"?1\"", "", "?1,"])
    func anInvalidCompletenessMakesAPlainUpload(value: String) throws {
        #expect(try ResumableCreation(Self.fields(["Upload-Complete": value]), content: 5) == nil)
        let three = ["Upload-Draft-Interop-Version": "3", "Upload-Incomplete": value]
        #expect(try ResumableCreation(Self.fields(three), content: 5) == nil)
    }

    @Test func twoLinesOfAFieldAreOneInvalidOne() throws {
        var fields: HTTPFields = [:]
        fields.append(HTTPField(name: .uploadComplete, value: "?1"))
        #expect(fields.boolean(.uploadComplete) == true)
        fields.append(HTTPField(name: .uploadComplete, value: "?1"))
        #expect(fields.boolean(.uploadComplete) == nil)
        #expect(try ResumableCreation(fields, content: 5) == nil)
    }

    /// `Upload-Length`, the content, whether it completes the upload, and the length that follows; -1 for a refusal.
    @Test(
        arguments: [
            (nil, 0, true, 0), (nil, 0, false, nil), ("0", 0, true, 0), ("10", 0, false, 10), ("10", 10, true, 10),
            ("10", 4, false, 10), ("10", 10, false, 10), ("10", nil, true, 10), ("042", 42, true, 42),
            ("-0", 0, true, 0),
            ("10", 9, true, -1), ("10", 11, true, -1), ("10", 11, false, -1), ("0", 1, false, -1), ("10", 0, true, -1),
            ("-1", 5, true, 5), ("+5", 9, true, 9), ("5.0", 9, true, 9), ("x", 9, true, 9), ("5, 5", 9, true, 9),
            ("1000000000000000", 9, true, 9), ("10;a=b", 10, true, 10), (" 10 ", 10, true, 10), ("", 9, true, 9),
        ] as [(String?, Int64?, Bool, Int64?)]
    )
    func lengthsMustAgree(declared: String?, content: Int64?, completes: Bool, length: Int64?) throws {
        for interop in Self.versions {
            let more = declared.map { ["Upload-Length": $0] } ?? [:]
            let fields = try Self.request(interop, complete: completes, more)
            guard length != -1 else {
                let problem = try #require(throws: Problem.self) { try ResumableCreation(fields, content: content) }
                #expect(problem.status.code == 400)
                #expect(problem.type == "https://iana.org/assignments/http-problem-types#inconsistent-upload-length")
                #expect(
                    problem.headers[interop == 3 ? .uploadIncomplete : .uploadComplete] == (interop == 3 ? "?1" : "?0")
                )
                continue
            }
            let creation = try ResumableCreation(fields, content: content)
            #expect(creation?.length.known == length)
        }
    }

    // MARK: Requests to an upload

    @Test(arguments: versions)
    func anAppendSaysWhereItGoesOn(interop: Int?) throws {
        let dialect = try Self.dialect(interop)
        let type = ["Content-Type": "application/partial-upload", "Upload-Offset": "7", "Upload-Length": "9"]
        for completes in [true, false] {
            let fields = try Self.request(interop, complete: completes, type)
            let request = try ResumableRequest(.patch, fields, in: dialect)
            guard case .append(let append) = request else {
                Issue.record("no append")
                return
            }
            #expect(append.offset == 7 && append.completes == completes && append.length == 9)
        }
    }

    @Test(arguments: versions)
    func anAppendNeedsItsTypeOffsetAndCompleteness(interop: Int?) throws {
        let dialect = try Self.dialect(interop)
        let isNew = interop == nil || interop == 7 || interop == 8
        let isTyped = isNew || interop == 6
        func status(_ complete: Bool?, _ more: [String: String]) throws -> Int? {
            let fields = try Self.request(interop, complete: complete, more)
            do {
                _ = try ResumableRequest(.patch, fields, in: dialect)
                return nil
            } catch {
                #expect(error.status.code != 415 || error.headers[.acceptPatch] == "application/partial-upload")
                return error.status.code
            }
        }
        let type = "application/partial-upload"
        #expect(try status(true, ["Upload-Offset": "0"]) == (isTyped ? 415 : nil))
        #expect(try status(true, ["Upload-Offset": "0", "Content-Type": "text/plain"]) == (isTyped ? 415 : nil))
        #expect(try status(true, ["Upload-Offset": "0", "Content-Type": "Application/Partial-Upload; a=b"]) == nil)
        for offset in ["", "-1", "+5", "5.0", "x", "5, 5", "1000000000000000"] {
            #expect(try status(true, ["Upload-Offset": offset, "Content-Type": type]) == 400)
        }
        #expect(try status(true, ["Content-Type": type]) == 400)
        #expect(try status(nil, ["Upload-Offset": "0", "Content-Type": type]) == (isNew ? 400 : nil))
        if !isNew {
            let fields = try Self.request(interop, complete: nil, ["Upload-Offset": "0", "Content-Type": type])
            #expect(try ResumableAppend(fields, in: dialect).completes)
        }
    }

    @Test(arguments: versions)
    func whoAsksForTheStateDoesNotTellIt(interop: Int?) throws {
        let dialect = try Self.dialect(interop)
        let isOld = (interop ?? 8) <= 6
        func isRefused(_ method: HTTPRequest.Method, _ complete: Bool?, _ more: [String: String] = [:]) throws -> Bool {
            let fields = try Self.request(interop, complete: complete, more)
            do {
                _ = try ResumableRequest(method, fields, in: dialect)
                return false
            } catch {
                #expect(error.status.code == 400)
                return true
            }
        }
        for method in [HTTPRequest.Method.head, .get, .delete] {
            let isStrict = method != .delete || isOld
            #expect(try !isRefused(method, nil))
            #expect(try isRefused(method, nil, ["Upload-Offset": "0"]) == isStrict)
            #expect(try isRefused(method, true) == isStrict)
            #expect(try isRefused(method, nil, ["Upload-Length": "5"]) == isOld)
            // What is invalid is absent.
            #expect(try !isRefused(method, nil, ["Upload-Offset": "x"]))
        }
        #expect(try ResumableRequest(.head, [:], in: dialect) == .retrieval)
        #expect(try ResumableRequest(.get, [:], in: dialect) == .retrieval)
        #expect(try ResumableRequest(.delete, [:], in: dialect) == .cancellation)
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .trace])
    func anUploadHasNoOtherMethods(method: HTTPRequest.Method) throws {
        let problem = try #require(throws: Problem.self) { try ResumableRequest(method, [:], in: .newest) }
        #expect(problem.status.code == 405)
        #expect(problem.headers[.allow] == "GET, HEAD, PATCH, DELETE, OPTIONS")
    }

    // MARK: Answers

    private static func text(_ fields: HTTPFields) -> [String: String] {
        Dictionary(fields.map { ($0.name.rawName, $0.value) }) { first, second in first + " & " + second }
    }

    private static let limits = ResumableLimits(maxSize: 100, maxAge: 60)
    private static let newer = "max-size=100, max-age=60"

    @Test(
        arguments: [
            (3, nil), (4, nil), (5, nil), (6, "max-size=100, expires=60"), (7, newer), (8, newer), (nil, newer),
        ] as [(Int?, String?)]
    )
    func limitsAreToldAsTheDraftHasThem(interop: Int?, text: String?) throws {
        let dialect = try Self.dialect(interop)
        #expect(Self.limits.text(in: dialect) == text)
        #expect(ResumableLimits().text(in: dialect) == text.map { _ in "min-size=0" })
        var all = ResumableLimits(maxSize: .max, minSize: 1, maxAppendSize: 2, minAppendSize: 3, maxAge: 4)
        let age = interop == 6 ? "expires" : "max-age"
        let told = "max-size=999999999999999, min-size=1, max-append-size=2, min-append-size=3, \(age)=4"
        #expect(all.text(in: dialect) == text.map { _ in told })
        all.maxAge = -5
        #expect(all.text(in: dialect)?.hasSuffix("\(age)=0") != false)
    }

    @Test(arguments: versions)
    func answersSayWhatTheDraftAsksFor(interop: Int?) throws {
        let dialect = try Self.dialect(interop)
        let limit = Self.limits.text(in: dialect)
        let going = interop == 3 ? ("Upload-Incomplete", "?1") : ("Upload-Complete", "?0")
        let done = interop == 3 ? ("Upload-Incomplete", "?0") : ("Upload-Complete", "?1")
        var state = ResumableState(offset: 7, length: 9, limits: Self.limits)
        var expected = ["Upload-Offset": "7", going.0: going.1]
        #expect(Self.text(state.appended(in: dialect)) == expected)
        expected["Upload-Limit"] = limit
        expected["Location"] = "/u/1"
        #expect(Self.text(state.created(at: "/u/1", in: dialect)) == expected)
        expected["Location"] = nil
        expected["Upload-Length"] = "9"
        expected["Cache-Control"] = "no-store"
        #expect(Self.text(state.retrieved(in: dialect)) == expected)
        state.length = nil
        expected["Upload-Length"] = nil
        #expect(Self.text(state.retrieved(in: dialect)) == expected)
        state.isComplete = true
        #expect(Self.text(state.appended(in: dialect)) == ["Upload-Offset": "7", done.0: done.1])
    }

    @Test(
        arguments: [
            (3, "Upload-Draft-Interop-Version: 3\r\nLocation: https://h/u/1\r\n"),
            (4, "Upload-Draft-Interop-Version: 4\r\nLocation: https://h/u/1\r\n"),
            (5, "Upload-Draft-Interop-Version: 5\r\nLocation: https://h/u/1\r\n"),
            (
                6,
                "Upload-Draft-Interop-Version: 6\r\nLocation: https://h/u/1\r\nUpload-Limit: max-size=100, expires=60\r\n"
            ),
            (
                7,
                "Upload-Draft-Interop-Version: 7\r\nLocation: https://h/u/1\r\nUpload-Limit: max-size=100, max-age=60\r\n"
            ),
            (
                8,
                "Upload-Draft-Interop-Version: 8\r\nLocation: https://h/u/1\r\nUpload-Limit: max-size=100, max-age=60\r\n"
            ),
            (nil, nil),
        ] as [(Int?, String?)]
    )
    func theAnnouncementOfAnUpload(interop: Int?, fields: String?) throws {
        let state = ResumableState(offset: 0, limits: Self.limits)
        let interim = state.announcement(of: "https://h/u/1", in: try Self.dialect(interop))
        let text = interim.map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(text == fields.map { "HTTP/1.1 104 Upload Resumption Supported\r\n\($0)\r\n" })
    }

    @Test(arguments: versions)
    func progressIsToldSinceInterop5(interop: Int?) throws {
        let state = ResumableState(offset: 500_000, limits: Self.limits)
        let interim = state.progress(in: try Self.dialect(interop))
        let hasProgress = (5...8).contains(interop ?? 0)
        let fields = "Upload-Draft-Interop-Version: \(interop ?? 0)\r\nUpload-Offset: 500000\r\n"
        let text = "HTTP/1.1 104 Upload Resumption Supported\r\n\(fields)\r\n"
        #expect(interim.map { String(decoding: $0.bytes, as: UTF8.self) } == (hasProgress ? text : nil))
    }

    // MARK: Problems

    @Test(arguments: versions)
    func aWrongOffsetIsToldTheRightOne(interop: Int?) throws {
        let dialect = try Self.dialect(interop)
        let problem = Problem.mismatchingUploadOffset(expected: 7, provided: 9, in: dialect)
        #expect(problem.status.code == 409)
        #expect(
            problem.json["type"] == .string("https://iana.org/assignments/http-problem-types#mismatching-upload-offset")
        )
        #expect(problem.json["expected-offset"] == .number(7))
        #expect(problem.json["provided-offset"] == .number(9))
        #expect(problem.headers[.uploadOffset] == "7")
        #expect(dialect.isComplete(problem.headers) == false)
    }

    @Test(arguments: versions)
    func aCompletedUploadSaysSo(interop: Int?) throws {
        let dialect = try Self.dialect(interop)
        let problem = Problem.completedUpload(offset: 7, in: dialect)
        #expect(problem.status.code == 400)
        #expect(problem.type == "https://iana.org/assignments/http-problem-types#completed-upload")
        #expect(dialect.isComplete(problem.headers) == true)
        #expect(dialect.refusesCompletedUploads == ((interop ?? 8) <= 7))
    }

    @Test func limitsRefuseWhatIsBeyondThem() throws {
        let limits = ResumableLimits(maxSize: 100, maxAppendSize: 50, minAppendSize: 10)
        try limits.requireSize(length: 100, stored: 0, in: .newest)
        try limits.requireSize(length: nil, stored: 100, in: .newest)
        for (length, stored) in [(101, 0), (nil, 101), (5, 101)] as [(Int64?, Int64)] {
            let problem = try #require(throws: Problem.self) {
                try limits.requireSize(length: length, stored: stored, in: .newest)
            }
            #expect(problem.status.code == 413)
            #expect(problem.headers[.uploadLimit] == "max-size=100, max-append-size=50, min-append-size=10")
        }
        // Size, whether no more can come, whether it completes the upload, and the status.
        for (size, isWhole, completes, status) in [
            (50, true, false, nil), (51, true, false, 413), (51, false, true, 413), (10, true, false, nil),
            (9, true, false, 400), (9, true, true, nil), (9, false, false, nil), (0, true, true, nil),
        ] as [(Int64, Bool, Bool, Int?)] {
            var refused: Int?
            do {
                try limits.requireContent(size: size, isWhole: isWhole, completes: completes, in: .newest)
            } catch {
                refused = error.status.code
                #expect(error.headers[.uploadLimit] != nil)
            }
            #expect(refused == status, "\(size)")
        }
    }
}
