import Testing

/// The helper as built, fed with files as real encoders make them.
///
/// One at a time: each test keeps a processor busy.
@Suite(.serialized) struct BuiltHelperTests {}
