import Ingest

/// The page: a form, and what came last.
struct IndexPage {
    /// Newest first; nil: they are not for the reader.
    let entries: [CatalogEntry]?
    /// Where the form sends files to; nil: the reader may send none.
    let form: String?
    let urls: ResourceURLs
    let thumbnails: any ThumbnailLocator

    /// Seconds between looks while jobs are pending.
    private static let refreshInterval = 3
    /// Pixels; the thumbnail taken is the smallest that is not smaller, or the largest.
    private static let pictureSize = 128

    var html: HTML {
        HTML(
            title: "Files",
            head: isPending ? "<meta http-equiv=\"refresh\" content=\"\(Self.refreshInterval)\">\n" : "",
            body: """
                <h1>Files</h1>
                \(form.map(Self.upload) ?? "")\(entries.map(list) ?? "")
                """
        )
    }

    private static func upload(to action: String) -> HTML {
        """
        <form class="upload" action="\(action)" method="post" enctype="multipart/form-data">
        <label for="files">Choose files to upload</label>
        <input id="files" name="file" type="file" multiple required>
        <button type="submit">Upload</button>
        </form>

        """
    }

    private var isPending: Bool {
        (entries ?? []).contains { entry in
            guard case .ours(_, _, let jobs) = entry else { return false }
            return jobs.contains { !$0.state.isFinal }
        }
    }

    private func list(_ entries: [CatalogEntry]) -> HTML {
        let heading: HTML = "<h2 id=\"recent\">Recent files</h2>\n"
        guard !entries.isEmpty else { return "\(heading)<p>Nothing has been uploaded yet.</p>\n" }
        return "\(heading)<ul class=\"files\" aria-labelledby=\"recent\">\n\(entries.map(item))</ul>\n"
    }

    private func item(_ entry: CatalogEntry) -> HTML {
        switch entry {
        case .ours(let record, let isUntouched, let jobs):
            let notes = (isUntouched ? [] : ["changed outside"]) + (record.state == .corrupt ? ["corrupt"] : [])
            return """
                <li>\(isUntouched ? picture(of: record, jobs) : Self.noPicture)
                <div><a href="\(urls.file(record.path))"><bdi>\(record.path.description)</bdi></a>
                <p>\(ByteCount(bytes: record.identity.size).text), \
                <time datetime="\(record.createdAt.rfc3339)">\(Self.time(record.createdAt))</time></p>
                <p>\(notes.map { "<span class=\"state dead\">\($0)</span> " })\(jobs.map(state))</p></div></li>

                """
        case .foreign(let file):
            return """
                <li>\(Self.noPicture)
                <div><a href="\(urls.file(file.path))"><bdi>\(file.path.description)</bdi></a>
                <p>\(ByteCount(bytes: file.size).text)</p></div></li>

                """
        }
    }

    private static let noPicture: HTML = "<span class=\"picture\"></span>"

    private func picture(of record: FileRecord, _ jobs: [Job]) -> HTML {
        let sizes = thumbnails.sizes(of: record, jobs: jobs).sorted()
        guard let size = sizes.first(where: { $0 >= Self.pictureSize }) ?? sizes.last else { return Self.noPicture }
        return """
            <span class="picture"><img src="\(urls.thumbnail(record.path, size: size))" alt="" loading="lazy"></span>
            """
    }

    private func state(_ job: Job) -> HTML {
        let error = job.error.map { " title=\"\($0)\"" as HTML } ?? ""
        return "<span class=\"state \(job.state.rawValue)\"\(error)>\(job.kind.rawValue): \(job.state.rawValue)</span> "
    }

    /// As in `2026-11-22 10:51 UTC`.
    private static func time(_ timestamp: Timestamp) -> String {
        timestamp.rfc3339.prefix(16).replacing("T", with: " ") + " UTC"
    }
}
