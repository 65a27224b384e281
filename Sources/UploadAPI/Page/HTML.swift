/// A piece of HTML that is safe to send.
///
/// Literals are taken as they are, interpolated strings are escaped, and a string variable does not convert to HTML:
/// nothing that came from outside can be forgotten.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        mutating func appendInterpolation(_ text: String) {
            self.text += HTML.escaped(text)
        }

        mutating func appendInterpolation(_ number: some BinaryInteger) {
            text += String(number)
        }

        mutating func appendInterpolation(_ html: HTML) {
            text += html.text
        }

        mutating func appendInterpolation(_ pieces: [HTML]) {
            for piece in pieces {
                text += piece.text
            }
        }
    }

    let text: String

    init(stringLiteral literal: String) {
        text = literal
    }

    init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    /// A page whose frame is the resource `page.html`.
    init(title: String, head: HTML = "", body: HTML) {
        let title: HTML = "\(title)"
        let frame = String(decoding: PackageResources.page_html, as: UTF8.self)
        var text = ""
        var rest = frame[...]
        for (slot, html) in [("<!--title-->", title), ("<!--head-->", head), ("<!--body-->", body)] {
            guard let place = rest.firstRange(of: slot) else { preconditionFailure("page.html has no \(slot)") }
            text += rest[..<place.lowerBound]
            text += html.text
            rest = rest[place.upperBound...]
        }
        self.text = text + rest
    }

    /// Safe between tags and in quoted attributes.
    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;".unicodeScalars
            case "<": escaped += "&lt;".unicodeScalars
            case ">": escaped += "&gt;".unicodeScalars
            case "\"": escaped += "&quot;".unicodeScalars
            case "'": escaped += "&#39;".unicodeScalars
            case "\u{0}": escaped.append("\u{FFFD}")
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
