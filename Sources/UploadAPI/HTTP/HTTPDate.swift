/// A date in an HTTP field (RFC 9110 section 5.6.7), to the second.
struct HTTPDate: Hashable, Comparable, Sendable {
    /// Since 1970.
    let seconds: Int64

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    init(seconds: Int64) {
        self.seconds = seconds
    }

    /// Rounded down, as `Last-Modified` must not lie in the future.
    init(nanoseconds: Int64) {
        seconds = nanoseconds / 1_000_000_000 - (nanoseconds % 1_000_000_000 < 0 ? 1 : 0)
    }

    /// Takes the three forms that a recipient must accept: `Sun, 06 Nov 1994 08:49:37 GMT`,
    /// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
    ///
    /// Nil for anything else; the field is then to be ignored.
    init?(_ text: String) {
        let words = text.split { " ,-:".contains($0) }.map(String.init)
        guard words.count >= 7 else { return nil }
        let isDayFirst = words[1].utf8.first.map { (48...57).contains($0) } == true
        let clock = words[isDayFirst ? 4..<7 : 3..<6].map { Int($0) ?? -1 }
        guard let day = Int(words[isDayFirst ? 1 : 2]),
            let month = Self.months.firstIndex(of: words[isDayFirst ? 2 : 1]),
            var year = Int(words[isDayFirst ? 3 : 6]),
            words.count == (isDayFirst ? 8 : 7), !isDayFirst || words[7] == "GMT",
            (1...31).contains(day), (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            (0...60).contains(clock[2])
        else { return nil }
        if isDayFirst, words[3].utf8.count == 2 {
            // Such senders died out before 2070.
            year += year < 70 ? 2000 : 1900
        }
        guard (1601...9999).contains(year) else { return nil }
        seconds =
            CivilTime(year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2])
            .seconds
    }

    static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    /// As in `Sun, 06 Nov 1994 08:49:37 GMT`.
    var text: String {
        let time = CivilTime(seconds: seconds)
        let dayNumber = (seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)) % 7
        let day = Self.days[Int((dayNumber + 7) % 7)]
        let clock = "\(digits(time.hour, 2)):\(digits(time.minute, 2)):\(digits(time.second, 2))"
        return "\(day), \(digits(time.day, 2)) \(Self.months[time.month - 1]) \(digits(time.year, 4)) \(clock) GMT"
    }
}
