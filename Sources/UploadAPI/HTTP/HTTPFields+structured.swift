import HTTPTypes
import StructuredFields

/// Structured fields (RFC 9651).
///
/// All lines of a field count as one, joined by `, `, as the RFC has it. What breaks the grammar or is of another kind
/// than the field is defined to be makes the whole field count as absent: nil.
extension HTTPFields {
    func integer(_ name: HTTPField.Name) -> Int64? {
        item(name)?.integer
    }

    func boolean(_ name: HTTPField.Name) -> Bool? {
        item(name)?.boolean
    }

    func item(_ name: HTTPField.Name) -> StructuredValue? {
        self[name].flatMap(StructuredValue.init(field:))
    }

    func dictionary(_ name: HTTPField.Name) -> StructuredDictionary? {
        self[name].flatMap(StructuredDictionary.init(field:))
    }

    /// Sets the field; leaves out what no field can hold, and an empty dictionary.
    mutating func set(_ name: HTTPField.Name, _ value: StructuredValue) {
        self[name] = value.text
    }

    mutating func set(_ name: HTTPField.Name, _ dictionary: StructuredDictionary) {
        self[name] = dictionary.keys.isEmpty ? nil : dictionary.text
    }
}
