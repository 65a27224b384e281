import Metrics
import Telemetry
import Testing

@Suite struct PrometheusRegistryTests {
    private func text(_ registry: PrometheusRegistry) -> String {
        String(decoding: registry.render(), as: UTF8.self)
    }

    @Test func countersWithEqualLabelsAreOneSeries() {
        let registry = PrometheusRegistry(help: ["upload.total": "Uploads\nby outcome."])
        Counter(label: "upload.total", dimensions: [("outcome", "ok"), ("kind", "form")], factory: registry).increment()
        Counter(label: "upload.total", dimensions: [("kind", "form"), ("outcome", "ok")], factory: registry)
            .increment(by: 2)
        #expect(
            text(registry) == """
                # HELP upload_total Uploads\\nby outcome.
                # TYPE upload_total counter
                upload_total{kind="form",outcome="ok"} 3

                """
        )
    }

    @Test func namesAndLabelsAreMadeValid() {
        let registry = PrometheusRegistry()
        let dimensions = [("le", "1"), ("__name__", "x"), ("9-a", "q\"b\\c\nd")]
        Counter(label: "1.a-b:ü", dimensions: dimensions, factory: registry).increment()
        #expect(
            text(registry) == """
                # TYPE _1_a_b:_ counter
                _1_a_b:_{_9_a="q\\"b\\\\c\\nd",label___name__="x",label_le="1"} 1

                """
        )
    }

    @Test func metersHoldTheLastValue() {
        let registry = PrometheusRegistry()
        let meter = Meter(label: "open", factory: registry)
        meter.set(5)
        meter.increment(by: 1.5)
        meter.decrement(by: 0.25)
        Gauge(label: "ratio", factory: registry).record(Double.infinity)
        #expect(text(registry) == "# TYPE open gauge\nopen 6.25\n# TYPE ratio gauge\nratio +Inf\n")
    }

    @Test func timersAreCumulativeHistogramsInSeconds() {
        let registry = PrometheusRegistry()
        let timer = Timer(label: "took", dimensions: [("kind", "a")], factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(200_000_000)
        timer.recordSeconds(7200)
        let lines = text(registry).split(separator: "\n")
        #expect(lines.first == "# TYPE took histogram")
        #expect(lines.contains("took_bucket{kind=\"a\",le=\"0.001\"} 1"))
        #expect(lines.contains("took_bucket{kind=\"a\",le=\"0.25\"} 2"))
        #expect(lines.contains("took_bucket{kind=\"a\",le=\"3600\"} 2"))
        #expect(lines.contains("took_bucket{kind=\"a\",le=\"+Inf\"} 3"))
        #expect(lines.contains("took_sum{kind=\"a\"} 7200.201"))
        #expect(lines.last == "took_count{kind=\"a\"} 3")
    }

    @Test func labelsBeyondTheLimitShareOneSeries() {
        let registry = PrometheusRegistry(seriesLimit: 2)
        for name in ["a", "b", "c", "d", "a"] {
            Counter(label: "hits", dimensions: [("name", name)], factory: registry).increment()
        }
        #expect(
            text(registry) == """
                # TYPE hits counter
                hits{name="a"} 2
                hits{name="b"} 1
                hits{overflow="true"} 2

                """
        )
    }

    @Test func longLabelValuesAreCutAtAWholeScalar() {
        let registry = PrometheusRegistry()
        let long = String(repeating: "ü", count: 1000)
        Counter(label: "hits", dimensions: [("name", "x" + long)], factory: registry).increment()
        #expect(text(registry).contains("name=\"x\(String(repeating: "ü", count: 63))\"}"))
    }

    @Test func aNameKeepsItsFirstKind() {
        let registry = PrometheusRegistry()
        Counter(label: "x", factory: registry).increment()
        Meter(label: "x", factory: registry).set(7)
        #expect(text(registry) == "# TYPE x counter\nx 1\n")
    }

    @Test func aDestroyedMetricIsGone() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "x", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(text(registry).isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func concurrentIncrementsAreAllCounted() async {
        let registry = PrometheusRegistry()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        Counter(label: "n", factory: registry).increment()
                        FloatingPointCounter(label: "f", factory: registry).increment(by: 0.5)
                        Timer(label: "t", factory: registry).recordNanoseconds(1)
                    }
                }
            }
        }
        let lines = text(registry).split(separator: "\n")
        #expect(lines.contains("n 8000"))
        #expect(lines.contains("f 4000"))
        #expect(lines.contains("t_count 8000"))
    }
}
