import ArgumentParser

struct PutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Upload files, and folders with all that is in them.",
        discussion: """
            A file is stored under its own name, a folder's files under the folder's name; a file of that name that came \
            by the server is replaced. Large files go on where they were when the connection is lost, or this program \
            ended: give the same command again. What the server has stored is compared with what was read by SHA-256.

            Symbolic links within folders are skipped. Of standard input no more than 8 MiB can be sent a second time.
            """
    )

    @OptionGroup var options: ServerOptions

    @Argument(help: "Files and folders; - is standard input.", completion: .file())
    var sources: [String]

    @Option(
        help: ArgumentHelp(
            "Where to: a directory if it ends with a slash, else the name of a single file.",
            valueName: "path"
        )
    )
    var to: String?

    @Option(
        help: ArgumentHelp(
            "Upload by a ticket, in place of a token: its link, or what stands in it behind ticket=.",
            discussion: """
                A link says itself which server it is for. Others on this machine can see an argument while the program \
                runs: --ticket-file or BUCKETCTL_TICKET keep it from them.
                """
        )
    )
    var ticket: String?

    @Option(
        help: ArgumentHelp(
            "A file with the ticket; - is standard input.",
            discussion: "If neither is given: BUCKETCTL_TICKET, unless there is a --token-file.",
            valueName: "file"
        ),
        completion: .file()
    )
    var ticketFile: String?

    @Flag(name: .customLong("no-replace"), help: "Refuse names that are taken.")
    var isNew = false

    @Option(help: "What the files are declared to be, as in image/png; by the endings of their names if not given.")
    var contentType: String?

    @Option(help: "Files to upload at a time.")
    var parallel = 4

    @Option(help: "Attempts after one that failed for a passing reason; counted anew after progress.")
    var retries = 5

    @Flag(help: "Print failures only.")
    var quiet = false

    @Flag(help: "Print one JSON text at the end: {\"stored\": [...], \"failed\": [...]}.")
    var json = false

    func validate() throws {
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel takes 1 to 64.") }
        guard (0...1000).contains(retries) else { throw ValidationError("--retries takes 0 to 1000.") }
        guard !sources.isEmpty else { throw ValidationError("Name at least one file.") }
        guard sources.count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("Standard input can be read once.")
        }
        guard ticketFile != "-" || !sources.contains("-") else {
            throw ValidationError("Standard input is a file or the ticket.")
        }
        guard ticket == nil || ticketFile == nil else {
            throw ValidationError("Give --ticket or --ticket-file, not both.")
        }
    }

    func run() async throws {
        let link = try TicketLink(
            ticket,
            file: ticketFile,
            variable: options.tokenFile == nil ? ProcessVariables.all["BUCKETCTL_TICKET"] : nil
        )
        var options = options
        options.server = options.server ?? link?.server
        try await options.run(transfers: parallel) { session in
            let plan = try UploadPlan(sources, to: to ?? link?.directory)
            let server = link.map { session.server(showing: $0.ticket) } ?? session.server
            try await put(plan, on: server)
        }
    }

    private func put(_ plan: UploadPlan, on server: Server) async throws {
        let progress = PutProgress(files: plan.items.count, size: plan.size)
        let report = PutReport(progress: progress, isQuiet: quiet, json: json)
        for skipped in plan.skipped { await report.skip(skipped.source, skipped.kind) }
        for failure in plan.failures { await report.add(failure.error, of: failure.source, named: failure.source) }
        let unfinished = UnfinishedUploads(environment: ProcessVariables.all)
        var putOptions = PutOptions()
        putOptions.isNew = isNew
        putOptions.contentType = contentType
        putOptions.retries = retries
        let uploads = plan.items.map { item in
            FileUpload(
                item: item,
                server: server,
                options: putOptions,
                unfinished: unfinished,
                report: { await report.note($0) },
                moved: { progress.moved(item.name, to: $0) }
            )
        }
        await run(uploads, report, progress)
        let failures = await report.failures
        if json {
            struct Outcome: Encodable {
                var stored: [PutResult]
                var failed: [PutFailure]
            }
            Console.print(JSONText.of(Outcome(stored: await report.stored, failed: failures)))
        }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    private func run(_ uploads: [FileUpload], _ report: PutReport, _ progress: PutProgress) async {
        // Cancelled, and waited for, at the end.
        async let _ = report.showBar()
        await withTaskGroup(of: Void.self) { group in
            var waiting = uploads[...]
            func startNext() {
                guard let upload = waiting.popFirst() else { return }
                group.addTask {
                    do throws(ClientError) {
                        let result = try await upload.run()
                        progress.ended(upload.item.name, size: upload.item.size ?? result.size)
                        await report.add(result)
                    } catch {
                        progress.ended(upload.item.name, size: upload.item.size ?? 0)
                        await report.add(error, of: upload.item.source.description, named: upload.item.name)
                    }
                }
            }
            for _ in 0..<parallel { startNext() }
            while await group.next() != nil { startNext() }
        }
    }
}
