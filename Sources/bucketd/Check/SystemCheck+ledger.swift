import Ingest
import Ledger
import Spool
import SystemPackage

extension SystemCheck {
    /// Looked at in a bucket without a ledger, until one of them is an upload.
    private static let searchedFiles = 10_000

    /// Reads the ledger, and changes nothing.
    func ledgerFinding(_ state: StateDirectory) -> Finding {
        let file = settings.state.appending(LedgerDatabase.fileName)
        do {
            switch try LedgerInspection(of: file).run(.everything) {
            case .whole(let version):
                return .ok("ledger", "\(file): whole, version \(version)")
            case .newer(let version, let known):
                return .problem("ledger", Self.newerLedger(version, known))
            case .damaged(let report):
                let text = "\(file): damaged (\(report)): “bucketd check --repair” keeps it aside"
                return .problem("ledger", "\(text) and makes another from the bucket")
            case .missing:
                guard let upload = try state.firstUpload(lookingAt: Self.searchedFiles) else {
                    return .ok("ledger", "none yet, the first start makes it")
                }
                let text = "\(file): missing, though the bucket holds uploads (\(upload.percentEncoded)), which"
                return .warning(
                    "ledger",
                    "\(text) would be served as foreign files: “bucketd check --repair” records them again"
                )
            }
        } catch {
            return .problem("ledger", "\(file): \(error)")
        }
    }

    /// A daemon reads its ledger itself after each start, and says in `/healthz` what it found.
    var servedLedger: Finding { .ok("ledger", "in use by the daemon, which has read it at its start") }

    static func newerLedger(_ version: Int, _ known: Int) -> String {
        "it has version \(version), this program knows versions up to \(known): run a newer program"
    }
}
