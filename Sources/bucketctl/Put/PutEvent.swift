/// What is told of an upload while it goes on.
enum PutEvent: Sendable {
    case waiting(String, ClientError, Duration)
    /// It goes on where an earlier run of the program was ended.
    case resumed(String, Int64)
}
