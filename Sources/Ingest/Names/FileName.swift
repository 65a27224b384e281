/// One component of a path that keeps every rule.
package struct FileName: Hashable, Sendable {
    package let text: String

    /// The name that a hint from a client stands for.
    ///
    /// Never fails: what cannot stay is dropped or replaced.
    ///
    /// In order: the last component (browsers of old sent whole paths), without forbidden characters, slash look-alikes as
    /// `_`, without leading dots, dashes and spaces or trailing dots and spaces, a device's name with `_` before it, cut
    /// to the length limit with the extension kept. `upload` if nothing is left.
    package init(repairing hint: String) {
        var scalars = String.UnicodeScalarView()
        for scalar in NameRules.composed(Self.lastComponent(of: hint)).unicodeScalars {
            if NameRules.isSlashLike(scalar) {
                scalars.append("_")
            } else if !NameRules.isForbidden(scalar) {
                scalars.append(scalar)
            }
        }
        // Dropping a character can bring two others together that compose.
        var name = Self.trimmed(NameRules.composed(String(scalars)))
        if NameRules.isDeviceName(name) {
            name = "_" + name
        }
        name = Self.trimmed(Self.cut(name, to: NameRules.maxComponentBytes))
        text = name.isEmpty ? "upload" : name
    }

    private static func lastComponent(of hint: String) -> String {
        let scalars = hint.unicodeScalars
        let start = scalars.lastIndex { $0 == "/" || $0 == "\\" }.map { scalars.index(after: $0) }
        return String(scalars[(start ?? scalars.startIndex)...])
    }

    private static func trimmed(_ name: String) -> String {
        var scalars = name.unicodeScalars[...]
        while let first = scalars.first, first == "." || first == "-" || first == " " {
            scalars.removeFirst()
        }
        while let last = scalars.last, last == "." || last == " " {
            scalars.removeLast()
        }
        return String(scalars)
    }

    /// Shortens the stem, by whole characters, and keeps an extension of up to 16 bytes.
    static func cut(_ name: String, to maxBytes: Int) -> String {
        guard name.utf8.count > maxBytes else { return name }
        var (stem, ending) = parts(of: name)
        if ending.utf8.count > 17 {
            (stem, ending) = (name, "")
        }
        while stem.utf8.count + ending.utf8.count > maxBytes, !stem.isEmpty {
            stem.removeLast()
        }
        return stem + ending
    }

    /// `archive.tar` and `.gz`; the extension comes with its dot and is empty where there is none.
    static func parts(of name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
        return (String(name[..<dot]), String(name[dot...]))
    }
}

extension BucketPath {
    /// The file of this name in a directory; nil is the bucket itself.
    package init(_ name: FileName, in directory: BucketPath?) throws(IngestError) {
        let parents = directory?.description.split(separator: "/").map(String.init) ?? []
        try self.init(segments: parents + [name.text])
    }

    /// The `number`th name to try when this one is taken: `photo.jpg`, `photo (1).jpg`, `photo (2).jpg`.
    package func alternative(_ number: Int) -> BucketPath {
        guard number > 0 else { return self }
        let (stem, ending) = FileName.parts(of: String(decoding: lastComponent, as: UTF8.self))
        return BucketPath(recorded: bytes.dropLast(lastComponent.count) + Array("\(stem) (\(number))\(ending)".utf8))
    }
}
