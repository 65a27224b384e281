import StructuredFields

func checkStructured(_ input: [UInt8]) throws {
    let field = String(decoding: input, as: UTF8.self)
    if let value = StructuredValue(field: field) {
        let text = value.text
        try hold(text.flatMap(StructuredValue.init(field:)) == value, "an item survives being written: \(text ?? "-")")
        try hold(StructuredValue(field: "\(field), \(field)") == nil, "two lines are no item")
        try hold(StructuredValue(field: "  \(field) ") == value, "spaces around an item do not matter")
    }
    guard let dictionary = StructuredDictionary(field: field) else { return }
    try hold(Set(dictionary.keys).count == dictionary.keys.count, "each key is there once")
    try hold(dictionary.keys.allSatisfy { dictionary[$0] != nil }, "each key has its member")
    let text = dictionary.text
    try hold(text.flatMap(StructuredDictionary.init(field:)) == dictionary, "a dictionary survives: \(text ?? "-")")
    if !dictionary.keys.isEmpty {
        try hold(StructuredDictionary(field: "\(field), \(field)") == dictionary, "the later of two members counts")
    }
}
