/// A size for people: `1.4 MiB`.
struct ByteCount {
    let bytes: Int64

    private static let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    var text: String {
        guard bytes >= 1024 else { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
        var tenths = bytes.multipliedReportingOverflow(by: 10).overflow ? bytes / 1024 * 10 : bytes * 10 / 1024
        var unit = 0
        while tenths >= 10_240, unit < Self.units.count - 1 {
            tenths /= 1024
            unit += 1
        }
        return tenths >= 1000
            ? "\(tenths / 10) \(Self.units[unit])" : "\(tenths / 10).\(tenths % 10) \(Self.units[unit])"
    }
}
