import Metrics
import MicroHTTP

/// What is shown of the certificate that connections are served with.
enum CredentialMetrics {
    /// Call it with what connections to come are served with; without TLS there is no such metric.
    static func adopted(_ credentials: TLSCredentials?) {
        guard let expiry = credentials?.expiry else { return }
        Gauge(label: "bucketd_tls_certificate_expiry_timestamp_seconds").record(expiry)
    }
}
