package import Metrics
import Threading

/// Holds the process's metrics and renders them for Prometheus, text format 0.0.4.
///
/// Counters become counters, meters and recorders gauges, timers histograms in seconds. A metric keeps at most
/// `seriesLimit` sets of labels; what comes after them counts into one series labelled `overflow="true"`, so that a
/// label which a client can choose costs a bounded amount of memory.
package final class PrometheusRegistry: MetricsFactory {
    /// What the answer that carries `render()` says of itself.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    private static let overflow = "overflow=\"true\""

    private enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private struct Family {
        let kind: Kind
        var series: [String: any MetricSeries] = [:]
    }

    private let families = Locked<[String: Family]>([:])
    private let help: [String: String]
    private let seriesLimit: Int

    /// - Parameters:
    ///   - help: One line on each metric, by its name as code spells it.
    ///   - seriesLimit: The most sets of labels of one metric.
    package init(help: [String: String] = [:], seriesLimit: Int = 200) {
        precondition(seriesLimit > 0)
        self.help = Dictionary(
            help.map { (MetricLabels.metricName($0.key), MetricLabels.escapedHelp($0.value)) },
            uniquingKeysWith: { first, _ in first }
        )
        self.seriesLimit = seriesLimit
    }

    /// Every metric, in the names' order.
    package func render() -> [UInt8] {
        let snapshot = families.withLock { $0 }
        var text = ""
        for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = help[name] { text += "# HELP \(name) \(help)\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name: name, labels: labels, into: &text)
            }
        }
        return Array(text.utf8)
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { CounterSeries() }
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { FloatingPointCounterSeries() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { GaugeSeries() }
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        series(label, dimensions, .gauge) { GaugeSeries() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries() }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// The series of these labels, made on first use.
    ///
    /// A name that is already of another kind gets one that is never shown: the text format allows one kind a name,
    /// and a metric must not stop the work that it counts.
    private func series<Series: MetricSeries>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ kind: Kind,
        make: () -> Series
    ) -> Series {
        let name = MetricLabels.metricName(label)
        let labels = MetricLabels.rendered(dimensions)
        let made = make()
        let found = families.withLock { families -> any MetricSeries in
            var family = families[name] ?? Family(kind: kind)
            guard family.kind == kind else { return made }
            let isFull = family.series[labels] == nil && family.series.count >= seriesLimit
            let key = isFull ? Self.overflow : labels
            let series = family.series[key] ?? made
            family.series[key] = series
            families[name] = family
            return series
        }
        return found as? Series ?? made
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                families[name]?.series[labels] = nil
                return
            }
        }
    }
}
