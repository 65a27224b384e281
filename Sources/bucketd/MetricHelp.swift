/// What `/metrics` says of each name.
enum MetricHelp {
    static let texts: [String: String] = [
        "bucketd_uploads_total": "Uploads by how they ended: stored, or the error that ended them.",
        "bucketd_upload_received_bytes_total": "Bytes of uploads written to the spool.",
        "bucketd_stored_bytes_total": "Bytes of files published in the bucket.",
        "bucketd_resumable_uploads_open": "Uploads that wait for a client to go on with them, or have one that does.",
        "bucketd_resumable_uploads_begun_total": "Uploads begun that may outlive their request.",
        "bucketd_resumable_uploads_resumed_total": "Requests that went on with such an upload.",
        "bucketd_resumable_uploads_ended_total": "Such uploads by how they ended: completed, cancelled or expired.",
        "bucketd_http_queued_bytes": "Body bytes that wait to be written; at most limits.bufferMemory.",
        "bucketd_http_queued_bytes_peak": "The most body bytes that ever waited.",
        "bucketd_http_connections_open": "Open connections.",
        "bucketd_http_exchanges_total": "Requests by method and status class, also those refused before routing.",
        "bucketd_http_refused_total": "Requests and connections that the server turned away, by rule.",
        "bucketd_http_requests_total": "Requests by route, method and status class.",
        "bucketd_http_request_duration_seconds": "Time to answer, by route.",
        "bucketd_access_refused_total": "Requests that were not let in, by reason.",
        "bucketd_upload_duration_seconds": "Time from the admission of an upload to its acknowledgement.",
    ]
}
