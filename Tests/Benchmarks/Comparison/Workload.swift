/// Uploads of one size by a number of clients, each of which sends one at a time.
struct Workload: Sendable {
    enum Method: Sendable {
        case put
        case form
    }

    let title: String
    /// The one that servers with both are sent.
    let method: Method
    /// Bytes of a file.
    let size: Int
    let connections: Int
    /// It ends with so many uploads or after so many seconds, whatever comes first; what is under way is waited for.
    let uploads: Int?
    let seconds: Int

    /// Small files are counted, large ones weighed.
    var isCounted: Bool { size < 1 << 20 }

    var arguments: [String] {
        ["-s", "\(size)", "-c", "\(connections)", "-d", "\(seconds)"] + (uploads.map { ["-n", "\($0)"] } ?? [])
    }

    /// Bytes of memory that may come to hold files of it while it runs.
    var cached: Int { isCounted ? 2 << 30 : size * (uploads ?? 1) + (1 << 30) }

    /// `scale` changes the size of large files, the number of parallel ones, and the time for small ones.
    static func all(of name: Benchmarks.Case, scale: Double) -> [Workload] {
        func scaled(_ number: Int, atLeast minimum: Int = 1) -> Int { max(minimum, Int(Double(number) * scale)) }
        func large(_ method: Method) -> Workload {
            let size = scaled(1024) << 20
            return Workload(
                title: "One \(method == .form ? "form" : "PUT") of \(mebibytes(size))",
                method: method,
                size: size,
                connections: 1,
                uploads: 1,
                seconds: 600
            )
        }
        func many(_ size: Int, _ text: String, uploads: Int?) -> Workload {
            Workload(
                title: "\(text) PUTs over 64 keep-alive connections",
                method: .put,
                size: size,
                connections: 64,
                uploads: uploads,
                seconds: scaled(10)
            )
        }
        switch name {
        case .largePut: return [large(.put)]
        case .largeForm: return [large(.form)]
        case .smallPuts:
            return [
                many(10 << 10, "10 KiB", uploads: nil), many(1 << 20, "1 MiB", uploads: scaled(4096, atLeast: 64)),
            ]
        case .parallelPuts:
            let size = scaled(64) << 20
            return [
                Workload(
                    title: "64 PUTs of \(mebibytes(size)) at the same time",
                    method: .put,
                    size: size,
                    connections: 64,
                    uploads: 64,
                    seconds: 600
                )
            ]
        default: return []
        }
    }
}
