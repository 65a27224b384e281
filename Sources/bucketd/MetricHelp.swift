/// What `/metrics` says of each name.
enum MetricHelp {
    static let texts: [String: String] = uploads.merging(http) { $1 }.merging(jobs) { $1 }.merging(storage) { $1 }
        .merging(process) { $1 }

    private static let uploads = [
        "bucketd_uploads_total": "Uploads by how they ended: stored, or the error that ended them.",
        "bucketd_uploads_in_flight": "Requests that bring files and are under way.",
        "bucketd_upload_received_bytes_total": "Bytes of uploads written to the spool.",
        "bucketd_stored_bytes_total": "Bytes of files published in the bucket.",
        "bucketd_upload_duration_seconds": "Time from the admission of an upload to its acknowledgement.",
        "bucketd_resumable_uploads_open": "Uploads that wait for a client to go on with them, or have one that does.",
        "bucketd_resumable_uploads_begun_total": "Uploads begun that may outlive their request.",
        "bucketd_resumable_uploads_resumed_total": "Requests that went on with such an upload.",
        "bucketd_resumable_uploads_ended_total": "Such uploads by how they ended: completed, cancelled or expired.",
    ]

    private static let http = [
        "bucketd_http_requests_total": "Requests by route, method and status class.",
        "bucketd_http_request_duration_seconds": "Time to answer, by route.",
        "bucketd_access_refused_total": "Requests that were not let in, by reason.",
        "bucketd_http_exchanges_total": "Requests by method and status class, also those refused before routing.",
        "bucketd_http_refused_total": "Requests and connections that the server turned away, by rule.",
        "bucketd_http_connections_open": "Open connections.",
        "bucketd_http_queued_bytes": "Body bytes that wait to be written; at most limits.bufferMemory.",
        "bucketd_http_queued_peak_bytes": "The most body bytes that ever waited.",
        "bucketd_tls_certificate_expiry_timestamp_seconds": "When the certificate expires, in seconds since 1970.",
    ]

    private static let jobs = [
        "bucketd_jobs": "Jobs on record, by kind and state.",
        "bucketd_jobs_running": "Jobs that run now, by kind.",
        "bucketd_jobs_started_total": "Runs of jobs that began, by kind.",
        "bucketd_jobs_ended_total": "Runs of jobs by kind and how they ended.",
        "bucketd_job_run_seconds": "How long a run took, by kind.",
        "bucketd_job_wait_seconds": "How long a job was due before it ran, by kind.",
        "bucketd_job_oldest_ready_seconds": "How long the job that waits for the longest has been due, by kind.",
        "bucketd_job_rescues_total": "Jobs that were running when a daemon ended, and were handed back at the start.",
        "bucketd_job_helper_deaths_total": "Runs whose helper process died, by kind.",
        "bucketd_checksum_attributes_wrong_total": "Files whose checksum attribute is not what was recorded.",
        "bucketd_files_corrupt_total": "Untouched files whose content is not what was recorded.",
        "bucketd_thumbnail_helper_starts_total": "Starts of the image decoder.",
        "bucketd_thumbnail_renders_total": "Images decoded, by outcome.",
        "bucketd_thumbnail_render_seconds": "Time to decode an image and make its thumbnails.",
    ]

    private static let storage = [
        "bucketd_build_info": "1, with the version of the program.",
        "bucketd_healthy": "1, or 0 once the daemon takes no more writes until it is restarted.",
        "bucketd_settings_reloads_total": "Reloads of the settings by whether the new ones were taken.",
        "bucketd_settings_reload_successful": "1, or 0 if the last reload was refused and older settings count.",
        "bucketd_ledger_commits_total": "Transactions of the ledger that were committed.",
        "bucketd_ledger_writes_total": "Writes that these transactions held.",
        "bucketd_filesystem_size_bytes": "Size of the bucket's filesystem.",
        "bucketd_filesystem_available_bytes": "Bytes that are free for the daemon on it.",
        "bucketd_filesystem_floor_bytes": "Of these, bytes that uploads must leave free.",
        "bucketd_filesystem_inodes": "Inodes of the bucket's filesystem; 0 where they are made as they are needed.",
        "bucketd_filesystem_available_inodes": "Of these, inodes that are free.",
        "bucketd_bucket_stored_bytes": "Bytes of all files on record.",
        "bucketd_bucket_quota_bytes": "What they may have together; 0: no limit.",
    ]

    private static let process = [
        "process_cpu_seconds_total": "Processor time of the daemon.",
        "process_resident_memory_bytes": "Memory of the daemon that is in RAM.",
        "process_open_fds": "Open file descriptors.",
        "process_max_fds": "File descriptors that may be open.",
        "process_start_time_seconds": "When the daemon was started, in seconds since 1970.",
    ]
}
