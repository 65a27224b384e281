/// What the parser found next in the body.
///
/// The order is `(partBegin data* partEnd)* end`.
package enum MultipartEvent: Hashable, Sendable {
    case partBegin(PartHeaders)
    /// Content of the part, never empty: a slice of the pushed chunk, or of a constant of the parser for bytes that
    /// could have begun a delimiter. Whoever keeps the slice keeps the whole chunk alive.
    case data(ArraySlice<UInt8>)
    case partEnd
    /// The close delimiter. A body without parts has this event only.
    case end
}
