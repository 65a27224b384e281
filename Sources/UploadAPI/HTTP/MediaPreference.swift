/// What kind of answer an `Accept` field prefers (RFC 9110 section 12.5.1).
struct MediaPreference: Sendable {
    private let members: [FieldMember]

    init(accept: String?) {
        members = accept.map(FieldMember.list) ?? []
    }

    /// Whether it is a browser that navigates: HTML is wanted more than JSON.
    var prefersHTML: Bool { weight("text/html") > weight("application/json") }

    /// Whether it is a program that wants JSON more than lines of text.
    var prefersJSON: Bool { weight("application/json") > weight("text/plain") }

    /// The most specific member that covers the type decides.
    private func weight(_ type: String) -> Double {
        let wildcard = type.prefix { $0 != "/" } + "/*"
        for name in [type, String(wildcard), "*/*"] {
            if let member = members.first(where: { $0.name == name }) {
                return member.parameters["q"].flatMap(Double.init) ?? 1
            }
        }
        return 0
    }
}
