import SystemPackage

/// What the user sees of uploads: a bar on a terminal, else a line for each file.
actor PutReport {
    private let progress: PutProgress
    private let isQuiet: Bool
    private let json: Bool
    private let hasBar: Bool
    private let began = ContinuousClock.now
    private var meter = RateMeter()
    private var isBarShown = false
    private(set) var stored: [PutResult] = []
    private(set) var failures: [PutFailure] = []

    init(progress: PutProgress, isQuiet: Bool, json: Bool) {
        self.progress = progress
        self.isQuiet = isQuiet
        self.json = json
        hasBar = !isQuiet && Terminal.isThere
    }

    func add(_ result: PutResult) {
        stored.append(result)
        guard !isQuiet, !json, !hasBar else { return }
        Console.print("\(VisibleText(result.filename))")
    }

    func add(_ error: ClientError, of source: String, named name: String) {
        failures.append(PutFailure(source: source, filename: name, reason: error.message))
        hideBar()
        Console.complain(of: name, error)
    }

    func skip(_ source: String, _ kind: String) {
        guard !isQuiet else { return }
        hideBar()
        Console.complain("\(VisibleText(source)): skipped: it is \(kind)")
    }

    func note(_ event: PutEvent) {
        guard !isQuiet else { return }
        hideBar()
        switch event {
        case .waiting(let name, let error, let pause):
            Console.complain(of: name, error, tryingAgainIn: pause)
        case .resumed(let name, let offset):
            Console.complain("\(VisibleText(name)): going on after \(ByteCount.text(offset))")
        }
    }

    /// Draws the bar again and again until its task is cancelled.
    func showBar() async {
        guard hasBar else { return }
        while !Task.isCancelled {
            let elapsed = (ContinuousClock.now - began) / .seconds(1)
            meter.sample(progress.bytes, at: elapsed)
            draw("\r\u{1B}[K" + progress.text(meter).text(width: Terminal.width))
            isBarShown = true
            // Cancelled, it ends early.
            try? await Task.sleep(for: .milliseconds(200))
        }
        hideBar()
        let seconds = max(0.001, (ContinuousClock.now - began) / .seconds(1))
        let bytes = stored.reduce(0) { $0 + $1.size }
        let rate = ByteCount.text(Int64(Double(bytes) / seconds))
        draw("\(stored.count) stored, \(ByteCount.text(bytes)) in \(ProgressText.clock(Int(seconds))), \(rate)/s\n")
    }

    private func hideBar() {
        guard isBarShown else { return }
        draw("\r\u{1B}[K")
        isBarShown = false
    }

    private func draw(_ text: String) {
        // Nothing is lost with it.
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
    }
}
