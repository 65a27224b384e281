import MicroHTTP
import SystemPackage
import Threading

extension Settings {
    private static let threads = BlockingThreads(name: "credentials", count: 1)

    mutating func readTLS(_ reader: inout SettingsReader) {
        let certificate = reader.value(.tlsCertificate, expected: "a path", parse: Self.path)
        let key = reader.value(.tlsKey, expected: "a path", parse: Self.path)
        let clientCA = reader.value(.tlsClientCA, expected: "a path", parse: Self.path)
        switch (certificate, key) {
        case (let certificate?, let key?):
            tls = TLSFiles(certificate: certificate, key: key, clientAuthorities: clientCA)
        case (_?, nil):
            reader.reject(.tlsCertificate, "It is of no use without tls.key.")
        case (nil, _?):
            reader.reject(.tlsKey, "It is of no use without tls.certificate.")
        case (nil, nil) where clientCA != nil:
            reader.reject(.tlsClientCA, "Clients can show a certificate to a server that has one only.")
        case (nil, nil): break
        }
    }

    /// What systemd hands over may be for TLS, too: its sockets are not known here.
    func checkTLS(_ reader: inout SettingsReader) {
        let isSpoken = listen.contains { $0.isTLS }
        if isSpoken, tls == nil {
            reader.reject(.listen, "An address for TLS needs tls.certificate and tls.key.")
        } else if tls != nil, !isSpoken, !listen.contains(.systemd) {
            reader.reject(.tlsCertificate, "No address speaks TLS: begin one of listen with tls:, as in tls:[::]:8443.")
        }
    }

    /// Reads certificate and key.
    ///
    /// Throws if there are none and TLS `isSpoken`, be it on sockets of systemd only, which the settings do not show.
    func loadCredentials(isSpoken: Bool) async throws(SettingsError) -> TLSCredentials? {
        guard let tls else {
            guard isSpoken else { return nil }
            let reason = "systemd handed over a socket for TLS: it needs tls.certificate and tls.key."
            throw SettingsError(problems: [SettingsProblem(key: SettingKey.tlsCertificate.rawValue, reason: reason)])
        }
        do {
            return try await Self.threads.run { () throws(HTTPServerError) in try tls.load() }
        } catch {
            throw SettingsError(
                problems: [SettingsProblem(key: SettingKey.tlsCertificate.rawValue, reason: error.description)]
            )
        }
    }
}
