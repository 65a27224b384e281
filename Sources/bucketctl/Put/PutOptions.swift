/// How files are uploaded, the same for all of one command.
struct PutOptions: Sendable {
    /// Whether names must be free.
    var isNew = false
    /// What files are declared to be; nil: by the ending of their names.
    var contentType: String?
    var retries = 5
    /// Files that are larger go up by a protocol that resumes them.
    var resumableFrom: Int64 = 8 << 20
}
