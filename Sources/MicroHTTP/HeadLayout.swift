import CMicroHTTPD

/// Looks at where the library left the parts of a request's head in memory.
///
/// libmicrohttpd 0.9.75 parses in place, and forgets what it skipped: a folded line is glued to a name, a line that
/// begins with a colon or a NUL ends the header section, a NUL cuts a value, a bare LF ends a line. But in a sound head
/// the parts lie exactly so far apart as their delimiters are long, and nowhere else; whatever was skipped shows as a
/// gap. Later versions parse strictly and keep the parts elsewhere.
struct HeadLayout {
    /// Whether the library at hand has the layout that is looked for.
    static let isKnown = cmicrohttpd_version() < 0x01_00_00

    /// The target's address when the library reported it, before it was changed in place.
    let target: UInt
    let targetLength: Int
    let headerSize: Int

    func isSound(_ head: RequestHead) -> Bool {
        guard let method = head.method.baseAddress, let version = head.version.baseAddress else { return false }
        // One blank on each side of the target.
        guard UInt(bitPattern: method) + UInt(head.method.count) + 1 == target,
            target + UInt(targetLength) + 1 == UInt(bitPattern: version)
        else { return false }
        var end = UInt(bitPattern: version) + UInt(head.version.count)
        for field in head.fields {
            guard let name = field.name.baseAddress, let value = field.value.baseAddress else { return false }
            let nameStart = UInt(bitPattern: name)
            // CR LF before each field, at least the colon between its name and its value.
            guard nameStart == end + 2, UInt(bitPattern: value) > nameStart + UInt(field.name.count) else {
                return false
            }
            end = UInt(bitPattern: value) + UInt(field.value.count)
        }
        // CR LF of the last line, CR LF of the empty one.
        return end + 4 == UInt(bitPattern: method) + UInt(headerSize)
    }
}
