import Access
import CLinux
import Glibc
import MicroHTTP
import Telemetry
import UploadAPI

extension Assembly {
    /// What a reload reaches, in this order: one line here for each further part.
    func reloadableParts(
        server: HTTPServer,
        _ tokens: TokenStore?,
        handling: Replaceable<RequestHandling>,
        remake: @escaping @Sendable (Assembly, RequestHandling) throws -> RequestHandling
    ) -> [ReloadablePart] {
        [
            ReloadablePart { [threshold] settings in { threshold.level = settings.logLevel } },
            tokens.map { ReloadablePart(tokens: $0, logger: logger) },
            ReloadablePart { [self] settings in
                // What is not to be adopted is not looked at.
                var options = settings.serverOptions(
                    listen: [],
                    processors: 1,
                    descriptors: clinux_raise_descriptor_limit()
                )
                options.credentials = try await settings.loadCredentials(isSpoken: server.speaksTLS)
                let new = try remake(with(settings), handling.value)
                return { [options] in
                    server.adopt(options, handler: new.service.respond)
                    CredentialMetrics.adopted(options.credentials)
                    handling.replace(by: new)
                }
            },
        ].compactMap(\.self)
    }
}
