import Glibc
import Ingest
import Jobs
import PostProcessing
import ServiceLifecycle
import Spool
import SystemPackage
import Threading
import ThumbnailWire

extension Assembly {
    /// The tasks that every file gets, and what they share.
    struct FileTasks {
        var tasks: [any PostProcessingTask]
        let layout: ThumbnailLayout
        let helpers: ThumbnailHelpers?
        let calls = LinuxFileCalls()
        let threads: BlockingThreads

        var thumbnails: StoredThumbnails { StoredThumbnails(layout: layout, threads: threads) }
    }

    /// Where a kind of task is added to the daemon: one line here, or in `background` for a periodic one.
    func fileTasks() throws -> FileTasks {
        let threads = BlockingThreads(name: "jobs", count: max(2, settings.jobWorkers))
        let calls = LinuxFileCalls()
        let directory = settings.thumbnails.directory ?? settings.state.appending("thumbnails")
        let layout = ThumbnailLayout(directory, calls: calls, threads: threads)
        // Threads of its own: long reads must not hold back opening and placing files.
        let readers = BlockingThreads(name: "checksum", count: 2)
        var tasks: [any PostProcessingTask] = [
            ChecksumTask(concurrency: 2, digests: settings.checksums, calls: calls, threads: readers)
        ]
        let helpers = try thumbnailHelpers()
        if let (helpers, options) = helpers {
            tasks.append(ThumbnailTask(options, layout: layout, renderer: helpers, calls: calls, threads: threads))
        }
        return FileTasks(tasks: tasks, layout: layout, helpers: helpers?.0, threads: threads)
    }

    private func thumbnailHelpers() throws -> (ThumbnailHelpers, ThumbnailTask.Options)? {
        let wanted = settings.thumbnails
        guard !wanted.sizes.isEmpty else { return nil }
        let options = try Self.thumbnailHelperOptions(wanted)
        let taskOptions = ThumbnailTask.Options(
            sizes: wanted.sizes.map { UInt16($0) },
            format: wanted.format == .webp ? .webp : .jpeg,
            maxPixels: UInt64(wanted.maxPixels),
            workers: options.workers
        )
        return (ThumbnailHelpers(options, logger: logger), taskOptions)
    }

    /// What runs behind the uploads.
    struct Background {
        let runner: JobRunner
        let ends: JobEnds
        let catalog: TaskCatalog
        let derived: DerivedFiles
        let services: [any Service]
    }

    func background(of storage: Storage, files: FileTasks) async throws -> Background {
        let locks = FileLocks()
        let index = ForeignIndex(storage.bucket)
        let derived = DerivedFiles(ledger: storage.ledger, locks: locks, remove: files.layout.remove)
        let housekeeping = HousekeepingTask(
            HousekeepingTask.Options(retention: settings.jobRetention, keepGone: settings.thumbnails.keepGone),
            queue: storage.ledger,
            ledger: storage.ledger,
            wallClock: clock,
            derived: derived
        )
        let scanner = BucketScanner(logger: logger) { try await index.scan() }
        let scan = ScanTask(scanner: scanner)
        let catalog = TaskCatalog(files.tasks + [housekeeping, scan])
        let scratch = try await ScratchDirectory.open(
            settings.state.appending("tmp"),
            calls: files.calls,
            threads: files.threads
        )
        let ends = JobEnds()
        let metrics = JobMetrics(kinds: catalog.descriptions.map(\.kind))
        let ports = JobPorts(
            queue: storage.ledger,
            ledger: storage.ledger,
            files: storage.bucket,
            ends: ends,
            locks: locks,
            scratch: scratch,
            placement: OutputPlacement(scratch: scratch, mode: settings.fileMode, durability: settings.durability),
            metrics: metrics,
            wallClock: clock
        )
        let options = JobOptions(workers: settings.jobWorkers, drainTimeout: .seconds(5))
        let runner = JobRunner(catalog, ports: ports, options: options, logger: logger)
        let schedule = Schedule(
            [
                .init(job: housekeeping.description.job, interval: .seconds(600), runsAtStart: false)
            ],
            queue: storage.ledger,
            logger: logger
        )
        let sampler = QueueSampler(queue: storage.ledger, metrics: metrics, wallClock: clock, logger: logger)
        return Background(
            runner: runner,
            ends: ends,
            catalog: catalog,
            derived: derived,
            services: [runner, schedule, sampler, scanner]
        )
    }
}
