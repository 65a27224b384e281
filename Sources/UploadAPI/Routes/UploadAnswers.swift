import HTTPTypes
import Ingest
import MicroHTTP

/// What requests that brought files are answered, however the files came.
struct UploadAnswers: Sendable {
    let json: FileJSON

    @inline(never)
    func answer(_ files: [PublishedFile], to upload: UploadRequest) throws -> Response {
        var response =
            switch upload.target {
            case .form: listed(files)
            case .directory: created(files, upload.request)
            case .file: try replaced(files)
            }
        identify(files, in: &response, to: upload.request)
        return response
    }

    /// As the service did that this one replaces: 200, and the first file's name apart.
    private func listed(_ files: [PublishedFile]) -> Response {
        Response.json(list(files))
    }

    private func created(_ files: [PublishedFile], _ request: Request) -> Response {
        if MediaPreference(accept: request.headers[.accept]).prefersHTML {
            return Response(status: .seeOther, headers: [.location: json.urls.page + request.ticketQuery])
        }
        var response = Response.json(list(files), status: .created)
        if files.count == 1, let record = files.first?.record {
            response.headers[.location] = json.urls.file(record.path)
        }
        return response
    }

    private func replaced(_ files: [PublishedFile]) throws -> Response {
        guard let file = files.first else { throw Problem.noFile }
        guard file.record.replaces == nil else { return Response(status: .noContent) }
        var response = Response.json(json.value(entry(file)), status: .created)
        response.headers[.location] = json.urls.file(file.record.path)
        return response
    }

    /// Tells by which validator and digest the file that was stored, if it is one, will be known.
    private func identify(_ files: [PublishedFile], in response: inout Response, to request: Request) {
        guard files.count == 1, let record = files.first?.record, response.status != .seeOther else { return }
        response.headers[.eTag] = EntityTag(record.digest).text
        response.headers[.reprDigest] = request.headers.reprDigest(from: record.knownDigests)
    }

    private func list(_ files: [PublishedFile]) -> JSONValue {
        .members([
            "filename": .string(orNull: files.first?.record.path.description),
            "files": .array(files.map { json.value(entry($0)) }),
        ])
    }

    private func entry(_ file: PublishedFile) -> CatalogEntry {
        .ours(file.record, isUntouched: true, jobs: file.jobs)
    }
}
