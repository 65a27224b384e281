/// What a thumbnail job says of its file; `text` is the job's result.
///
/// `not applicable`, or the format and for each size the pixels of what was made: `webp 256:256x171 1024:1024x683`.
package enum ThumbnailResult: Sendable, Equatable {
    package struct Size: Sendable, Equatable {
        /// The side of the square it was made for, in pixels.
        package var box: Int
        package var width: Int
        package var height: Int

        package init(box: Int, width: Int, height: Int) {
            self.box = box
            self.width = width
            self.height = height
        }
    }

    /// Not an image, by its content.
    case notApplicable
    case made(format: String, sizes: [Size])

    private static let notApplicableText = "not applicable"

    package var text: String {
        switch self {
        case .notApplicable:
            Self.notApplicableText
        case .made(let format, let sizes):
            ([format] + sizes.map { "\($0.box):\($0.width)x\($0.height)" }).joined(separator: " ")
        }
    }

    /// Nil for any other text.
    package init?(_ text: String) {
        guard text != Self.notApplicableText else {
            self = .notApplicable
            return
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let format = words.first, !format.isEmpty, format.allSatisfy(\.isLetter), words.count > 1 else {
            return nil
        }
        var sizes: [Size] = []
        for word in words.dropFirst() {
            let numbers = word.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "x" }
            guard numbers.count == 3, let box = Int(numbers[0]), let width = Int(numbers[1]),
                let height = Int(numbers[2]), word == "\(box):\(width)x\(height)",
                box > 0, width > 0, height > 0
            else { return nil }
            sizes.append(Size(box: box, width: width, height: height))
        }
        self = .made(format: String(format), sizes: sizes)
    }
}
