/// A response as the test's client read it.
package struct Reply: Sendable {
    package let status: Int
    package let reason: String
    /// In the order of arrival, names as they were sent.
    package let headers: [(name: String, value: String)]
    package var body: [UInt8] = []

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The first value of a field, whatever the case of its name.
    package subscript(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
