import HTTPTypes
import Ingest
import MicroHTTP
import Multipart

/// `multipart/form-data` (RFC 7578): any number of files in any fields.
struct FormUpload: UploadProtocol {
    func speaks(_ upload: UploadRequest) -> Bool {
        guard case .directory = upload.target else { return false }
        return upload.mediaType == "multipart/form-data"
    }

    func receive(_ upload: UploadRequest, into batch: UploadBatch) async throws {
        guard case .directory(let directory) = upload.target else { return }
        let boundary = try MultipartBoundary(contentType: upload.request.headers[.contentType] ?? "")
        var parser = MultipartParser(boundary: boundary)
        var form = FormFiles(batch: batch, directory: directory, collision: upload.collision)
        for try await chunk in upload.request.body {
            parser.push(chunk[...])
            while let event = try parser.next() {
                try await form.take(event)
            }
        }
        try parser.finish()
        guard form.count > 0 else { throw Problem.noFile }
    }
}
