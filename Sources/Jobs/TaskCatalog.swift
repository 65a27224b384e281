package import Ingest

/// The tasks this daemon runs; decides which jobs a new file gets.
package struct TaskCatalog: JobPlanner {
    /// In the order given.
    package let tasks: [any PostProcessingTask]
    private let byKind: [JobKind: any PostProcessingTask]
    private let planned: [PlannedJob]

    /// `tasks` are those that are enabled, each of another kind.
    package init(_ tasks: [any PostProcessingTask]) {
        self.tasks = tasks
        byKind = Dictionary(uniqueKeysWithValues: tasks.map { ($0.description.kind, $0) })
        planned = tasks.map(\.description).filter { !$0.isPeriodic }.map(\.job)
    }

    package var descriptions: [TaskDescription] { tasks.map(\.description) }

    package func jobs(for file: NewFile) -> [PlannedJob] { planned }

    func task(_ kind: JobKind) -> (any PostProcessingTask)? { byKind[kind] }
}
