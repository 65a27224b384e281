import Metrics
import Synchronization
import Threading

/// One time series: a metric with one set of label values.
protocol MetricSeries: AnyObject, Sendable {
    /// Appends the series' samples; `labels` is the rendered list without braces, empty if there is none.
    func render(name: String, labels: String, into text: inout String)
}

final class CounterSeries: MetricSeries, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func render(name: String, labels: String, into text: inout String) {
        text.appendSample(name, labels: labels, value: "\(value.load(ordering: .relaxed))")
    }
}

final class FloatingPointCounterSeries: MetricSeries, FloatingPointCounterHandler {
    private let value = AtomicDouble()

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        value.add(amount)
    }

    func reset() {
        value.store(0)
    }

    func render(name: String, labels: String, into text: inout String) {
        text.appendSample(name, labels: labels, value: value.load().prometheusText)
    }
}

/// The last value, of a meter or a recorder.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let value = AtomicDouble()

    func set(_ value: Int64) { self.value.store(Double(value)) }
    func set(_ value: Double) { self.value.store(value) }
    func record(_ value: Int64) { self.value.store(Double(value)) }
    func record(_ value: Double) { self.value.store(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }

    func render(name: String, labels: String, into text: inout String) {
        text.appendSample(name, labels: labels, value: value.load().prometheusText)
    }
}

/// Durations in seconds, from a chunk's write to an hour's upload.
final class HistogramSeries: MetricSeries, TimerHandler {
    static let bounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
    ]
    private static let labels = bounds.map(\.prometheusText)

    private struct State {
        /// Of each bucket alone, the last above every bound; they become cumulative when rendered.
        var counts = [Int](repeating: 0, count: HistogramSeries.bounds.count + 1)
        var sum = 0.0
    }
    private let state = Locked(State())

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(max(0, duration)) / 1e9
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += seconds
        }
    }

    func render(name: String, labels: String, into text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        let separator = labels.isEmpty ? "" : ","
        var total = 0
        for (count, bound) in zip(counts, Self.labels + ["+Inf"]) {
            total += count
            text.appendSample(name + "_bucket", labels: "\(labels)\(separator)le=\"\(bound)\"", value: "\(total)")
        }
        text.appendSample(name + "_sum", labels: labels, value: sum.prometheusText)
        text.appendSample(name + "_count", labels: labels, value: "\(total)")
    }
}

/// A number that threads add to without a lock.
private final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(0)

    func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}

extension Double {
    /// As the text format spells it; whole numbers without a fraction.
    var prometheusText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: self).map { "\($0)" } ?? "\(self)"
    }
}

extension String {
    fileprivate mutating func appendSample(_ name: String, labels: String, value: String) {
        append(labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n")
    }
}
