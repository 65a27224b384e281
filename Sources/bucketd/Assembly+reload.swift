import Glibc
import MicroHTTP
import Telemetry
import UploadAPI

extension Assembly {
    /// What a reload reaches, in this order: one line here for each further part.
    func reloadableParts(
        server: HTTPServer,
        handling: Replaceable<RequestHandling>,
        remake: @escaping @Sendable (Assembly, RequestHandling) throws -> RequestHandling
    ) -> [ReloadablePart] {
        [
            ReloadablePart { [threshold] settings in { threshold.level = settings.logLevel } },
            ReloadablePart { [self] settings in
                // What is not to be adopted is not looked at.
                let options = settings.serverOptions(listen: [], processors: 1)
                let new = try remake(with(settings), handling.value)
                return {
                    server.adopt(options, handler: new.service.respond)
                    handling.replace(by: new)
                }
            },
        ]
    }
}
