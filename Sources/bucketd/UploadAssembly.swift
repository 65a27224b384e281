import Logging
import ServiceLifecycle
import UploadAPI

/// Makes uploads of their pieces.
struct UploadAssembly: Service {
    let service: UploadService
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await service.assembleUploads(logger: logger)
        }
    }
}
