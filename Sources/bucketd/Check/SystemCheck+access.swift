import Access
import FoundationEssentials
import Glibc
import MicroHTTP
import SystemPackage

/// Files without which the daemon does not start, read as it reads them.
extension SystemCheck {
    /// The tokens; who may do everything where there are none.
    var tokens: Finding {
        guard let file = settings.tokensFile else {
            return .ok("tokens", "none: who reaches the server may upload, read and delete")
        }
        if let absent = Self.absentCredential(among: [file]) { return .warning("tokens", absent) }
        do throws(AccessError) {
            let count = try TokenStore(TokenFile(file)).tokens.count
            return .ok("tokens", "\(count) in \(file)")
        } catch {
            return .problem("tokens", "\(error)")
        }
    }

    /// The certificate with its key; a certificate that has expired keeps clients away, not the daemon.
    func credentials() async -> Finding {
        let files = [settings.tls?.key, settings.tls?.certificate, settings.tls?.clientAuthorities].compactMap(\.self)
        if let absent = Self.absentCredential(among: files) { return .warning("tls", absent) }
        do throws(SettingsError) {
            guard let files = settings.tls, let credentials = try await settings.loadCredentials(isSpoken: false) else {
                return .ok("tls", "none: what clients send can be read on its way")
            }
            guard let expiry = credentials.expiry else { return .ok("tls", "\(files.certificate), with its key") }
            let date = Date(timeIntervalSince1970: TimeInterval(expiry))
            return date > .now
                ? .ok("tls", "\(files.certificate), with its key, until \(date.formatted(.iso8601))")
                : .warning("tls", "\(files.certificate) has expired at \(date.formatted(.iso8601)): clients refuse it")
        } catch {
            return .problem("tls", error.problems.map(\.reason).joined(separator: " "))
        }
    }

    /// What is to be said of a file that is not there because systemd removes credentials with the service that they
    /// are for (systemd.exec(5), LoadCredential=).
    private static func absentCredential(among files: [FilePath]) -> String? {
        files.first { file in
            file.lexicallyNormalized().starts(with: "/run/credentials") && access(file.string, F_OK) != 0
                && errno == ENOENT
        }.map { "\($0) is not there: systemd hands it over only while the service runs" }
    }
}
