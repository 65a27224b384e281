import FoundationEssentials
import IngestTesting
import Testing

/// Metrics, their description, and what is made of them agree.
@Suite(.timeLimit(.minutes(2))) struct MetricsTests {
    private struct Family {
        var type = ""
        var hasHelp = false
        var labels: Set<String> = []
    }

    /// What a daemon shows that has had every kind of work, and one that has tokens and a certificate.
    private func families() async throws -> [String: Family] {
        var families: [String: Family] = [:]
        for text in [try await metricsAfterWork(), try await metricsWithTokens()] {
            try Self.read(text, into: &families)
        }
        return families
    }

    private func metricsWithTokens() async throws -> String {
        let directory = try TemporaryDirectory()
        let secret = try await directory.newToken("admin", "--scope", "admin")
        let certificates = try await TestCertificates(in: directory)
        try await certificates.make("server")
        let (certificate, key) = (certificates.path("server.pem"), certificates.path("server.key"))
        let settings = "tls: {certificate: \(certificate), key: \(key)}\n\(directory.tokenSettings)"
        let options = DaemonProcess.Options(arguments: ["--listen", "tls:127.0.0.1:0"], settings: settings)
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        return try await daemon.request("GET", "/metrics", headers: [bearer(secret)]).text
    }

    private func metricsAfterWork() async throws -> String {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let picture = try Repository.read("docs/picture.jpg")
        #expect(try await daemon.request("PUT", "/files/picture.jpg", body: picture).status == 201)
        // Refused by the server itself.
        let client = try await LoopbackClient.connect(to: daemon.address)
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        #expect(try await client.readReply().status == 400)
        client.close()
        try await daemon.settleJobs()
        return try await daemon.request("GET", "/metrics").text
    }

    private static func read(_ text: String, into families: inout [String: Family]) throws {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                families[String(words[2]), default: Family()].type = String(words[3])
            } else if line.hasPrefix("# HELP ") {
                families[String(words[2]), default: Family()].hasHelp = true
            } else {
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                let family = try #require(Self.family(of: name, in: families), "\(name)")
                families[family]?.labels.formUnion(Self.labels(line))
            }
        }
    }

    private static func family(of name: String, in families: [String: Family]) -> String? {
        if families[name] != nil { return name }
        let base = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
        return base.flatMap { families[$0]?.type == "histogram" ? $0 : nil }
    }

    private static func labels(_ line: Substring) -> Set<String> {
        guard let begin = line.firstIndex(of: "{"), let end = line.lastIndex(of: "}") else { return [] }
        let names = line[line.index(after: begin)..<end].split(separator: "\"").enumerated().filter {
            $0.offset % 2 == 0
        }
        return Set(names.map { String($0.element.filter { $0 != "," && $0 != "=" }) }).subtracting(["le", ""])
    }

    /// The rows of the page's tables: name, type, labels.
    private func rows() throws -> [String: (type: String, labels: Set<String>)] {
        let page = String(decoding: try Repository.read("docs/METRICS.md"), as: UTF8.self)
        var rows: [String: (String, Set<String>)] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.filter { $0 != "`" } }
            let words = cells.map { cell in cell.split { $0 == " " || $0 == "," }.map(String.init) }
            let name = try #require(words[0].first)
            #expect(rows[name] == nil, "\(name) is there twice")
            rows[name] = (try #require(words[1].first), Set(words[2]))
        }
        return rows
    }

    @Test func thePageAndTheDaemonAgree() async throws {
        let (families, rows) = (try await families(), try rows())
        #expect(Set(families.keys) == Set(rows.keys), "\(Set(families.keys).symmetricDifference(rows.keys).sorted())")
        for (name, family) in families {
            #expect(family.hasHelp, "\(name) has no help")
            #expect(rows[name]?.type == family.type, "\(name)")
            #expect(rows[name]?.labels == family.labels, "\(name): \(family.labels)")
        }
    }

    /// Those of Prometheus: units as suffixes, `_total` for counters and for nothing else.
    @Test func namesFollowTheConventions() async throws {
        for (name, family) in try await families() {
            #expect(name.hasPrefix("bucketd_") || name.hasPrefix("process_"), "\(name)")
            #expect(name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }, "\(name)")
            #expect((family.type == "counter") == name.hasSuffix("_total"), "\(name) is a \(family.type)")
            if family.type == "histogram" { #expect(name.hasSuffix("_seconds"), "\(name)") }
            for unit in ["bytes", "seconds"] where name.split(separator: "_").contains(Substring(unit)) {
                #expect(name.hasSuffix("_\(unit)") || name.hasSuffix("_\(unit)_total"), "\(name)")
            }
        }
    }

    /// A panel or an alert over a name that nobody sets would stay silent for ever.
    @Test(arguments: ["systemd/grafana-dashboard.json", "systemd/prometheus-alerts.yaml"])
    func whatIsMadeOfThemNamesMetricsThatExist(file: String) async throws {
        let families = try await families()
        let text = String(decoding: try Repository.read(file), as: UTF8.self)
        let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
        let names = Set(words.filter { $0.hasPrefix("bucketd_") || $0.hasPrefix("process_") }.map(String.init))
        #expect(names.count >= 10)
        for name in names {
            #expect(Self.family(of: name, in: families) != nil, "\(name) in \(file)")
        }
    }

    private struct Dashboard: Decodable {
        struct Panel: Decodable {
            struct Target: Decodable {
                var expr: String
            }
            var id: Int
            var title: String
            var type: String
            var description: String?
            var targets: [Target]?
        }
        var uid: String
        var panels: [Panel]
    }

    @Test func theDashboardIsWhole() throws {
        let data = Data(try Repository.read("systemd/grafana-dashboard.json"))
        let dashboard = try JSONDecoder().decode(Dashboard.self, from: data)
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        let panels = dashboard.panels.filter { $0.type != "row" }
        #expect(panels.count >= 12)
        for panel in panels {
            #expect(panel.targets?.isEmpty == false, "\(panel.title)")
            #expect(panel.description?.isEmpty == false, "\(panel.title)")
        }
    }
}
