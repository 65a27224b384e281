import Ingest

/// What the body of `POST /run-tasks` asks for.
struct TaskOrder {
    /// In the order asked for.
    let tasks: [TaskDescription]
    /// File tasks run for files whose paths begin so.
    let prefix: String

    /// Throws 400 for what is no order, and for tasks that are not there.
    init(_ body: [UInt8], tasks known: [TaskDescription]) throws(Problem) {
        guard !body.isEmpty else {
            tasks = known.filter(\.isPeriodic)
            self.prefix = ""
            return
        }
        guard case .object(let members)? = JSONValue(parsing: body) else {
            throw Problem.parameter("body", "It is a JSON object, or empty.")
        }
        if let unknown = members.first(where: { $0.name != "tasks" && $0.name != "prefix" }) {
            throw Problem.parameter(unknown.name, "There is no such member; there are tasks and prefix.")
        }
        let order = JSONValue.object(members)
        tasks = try Self.tasks(order["tasks"], known)
        guard let prefix = order["prefix"] else {
            self.prefix = ""
            return
        }
        guard let text = prefix.text else { throw Problem.parameter("prefix", "It is a string.") }
        guard tasks.contains(where: { !$0.isPeriodic }) else {
            throw Problem.parameter("prefix", "It chooses files, and no task that works on files is asked for.")
        }
        self.prefix = text
    }

    private static func tasks(_ value: JSONValue?, _ known: [TaskDescription]) throws(Problem) -> [TaskDescription] {
        guard let value else { return known.filter(\.isPeriodic) }
        guard case .array(let names) = value else { throw Problem.parameter("tasks", "It is an array of names.") }
        var tasks: [TaskDescription] = []
        for name in names {
            guard let name = name.text else { throw Problem.parameter("tasks", "It is an array of names.") }
            guard let task = known.first(where: { $0.kind.rawValue == name }) else {
                let names = known.map(\.kind.rawValue).joined(separator: ", ")
                throw Problem.parameter("tasks", "There is no task \(name); there are: \(names).")
            }
            if !tasks.contains(task) {
                tasks.append(task)
            }
        }
        return tasks
    }
}
