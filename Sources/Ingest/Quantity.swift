/// Numbers as people write them.
package enum Quantity {
    /// Bytes, as in `10GiB`, `500 MB`, `65536`.
    ///
    /// Nil for anything else, and past 2^63.
    package static func bytes(_ text: String) -> Int64? {
        let units: [String: Int64] = [
            "": 1, "b": 1,
            "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
            "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
            "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
        ]
        guard let (number, unit) = split(text), let factor = units[unit] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// A length of time, as in `90s`, `15 min`, `7d`, `250ms`.
    ///
    /// A bare number is seconds.
    package static func duration(_ text: String) -> Duration? {
        let units: [String: Int64] = [
            "ms": 1, "": 1000, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
        ]
        guard let (number, unit) = split(text), let factor = units[unit] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .milliseconds(product)
    }

    private static func split(_ text: String) -> (number: Int64, unit: String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        let unit = text[digits.endIndex...].drop { $0 == " " }
        return (number, unit.lowercased())
    }
}
