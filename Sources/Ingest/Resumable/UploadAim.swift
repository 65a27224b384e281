/// What an upload that outlives its requests is to become, as far as limits go.
package struct UploadAim: Sendable {
    /// What a piece of another upload becomes, and one that is complete: no file of its own, or none any more.
    package static let nothing = Self(files: 0)

    /// How many its uploader must have left; a form that holds more than one file finds out by and by.
    package var files: Int
    /// The name whose file it is to replace.
    package var replaced: BucketPath?

    package init(files: Int = 1, replacing replaced: BucketPath? = nil) {
        self.files = files
        self.replaced = replaced
    }
}
