/// What an upload that outlives its requests is to become, as far as limits go.
package struct UploadAim: Sendable {
    /// What a piece of another upload becomes: no file of its own, though its uploader must have one left.
    package static let piece = Self(files: 0)

    /// How many of its uploader's it takes; a form that holds more than one file finds out by and by.
    package var files: Int
    /// The name whose file it is to replace.
    package var replaced: BucketPath?

    package init(files: Int = 1, replacing replaced: BucketPath? = nil) {
        self.files = files
        self.replaced = replaced
    }
}
