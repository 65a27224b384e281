import Logging
import ServiceLifecycle
import UploadAPI

/// Makes uploads of their pieces.
struct UploadAssembly: Service {
    let handling: Replaceable<RequestHandling>
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await handling.value.service.assembleUploads(logger: logger) { handling.value.service }
        }
    }
}
