/// A parser of bytes that strangers send, with what must hold for whatever they are.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Form bodies.
    case multipart
    /// Request heads.
    case request
    /// File names and paths.
    case names
    /// Values of header fields, and JSON.
    case fields
    /// Values of structured fields.
    case structured
    /// Header sections of the upload protocols.
    case uploads
    /// What proxies say of where requests come from.
    case forwarding
    /// Messages of the thumbnail helper, which a hostile image may have taken over.
    case helper

    /// Throws what does not hold; a trap is a finding too.
    func check(_ input: [UInt8]) throws {
        switch self {
        case .multipart: try checkMultipart(input)
        case .request: try checkRequest(input)
        case .names: try checkNames(input)
        case .fields: try checkFields(input)
        case .structured: try checkStructured(input)
        case .uploads: try checkUploads(input)
        case .forwarding: try checkForwarding(input)
        case .helper: try checkHelper(input)
        }
    }
}

/// A property that does not hold.
struct BrokenProperty: Error, CustomStringConvertible {
    let description: String
}

func hold(_ condition: Bool, _ property: @autoclosure () -> String) throws {
    guard condition else { throw BrokenProperty(description: property()) }
}
