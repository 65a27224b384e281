import Ingest
import MicroHTTP

extension UploadSession {
    /// Ends the turn after `body`, and if that fails the upload too, unless it is to be kept.
    func ending(keepsItOnFailure: Bool, _ body: () async throws -> Response) async throws -> Response {
        do {
            let response = try await body()
            await leave()
            return response
        } catch {
            if keepsItOnFailure {
                await leave()
            } else {
                await abandon()
            }
            throw error
        }
    }
}

extension Call {
    /// The upload that the path names.
    func uploadID() throws(Problem) -> UploadID {
        guard let id = UploadID(String(decoding: captures[0], as: UTF8.self)) else { throw Problem.noUpload }
        return id
    }
}
