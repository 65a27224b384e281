/// Decides which jobs a file gets.
///
/// Called while its publication is recorded: it must not block.
package protocol JobPlanner: Sendable {
    func jobs(for file: NewFile) -> [PlannedJob]
}
