/// What `/metrics` says of each name.
enum MetricHelp {
    static let texts: [String: String] = [
        "bucketd_uploads_total": "Uploads by how they ended: stored, or the error that ended them.",
        "bucketd_upload_received_bytes_total": "Bytes of uploads written to the spool.",
        "bucketd_stored_bytes_total": "Bytes of files published in the bucket.",
        "bucketd_upload_duration_seconds": "Time from the admission of an upload to its acknowledgement.",
    ]
}
