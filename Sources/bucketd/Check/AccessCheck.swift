import Glibc
import Ingest
import Spool
import SystemPackage

/// Who may read and remove what is published: programs that consume the bucket need both.
struct AccessCheck {
    private let settings: Settings
    private let state: StateDirectory

    init(_ settings: Settings, _ state: StateDirectory) {
        self.settings = settings
        self.state = state
    }

    func findings() -> [SystemCheck.Finding] {
        do {
            let bucket = try state.calls.status(of: state.bucket)
            let group = state.group ?? getegid()
            let isOpenToGroup = isReachable(by: 0o010, group: group)
            let isOpenToOthers = isReachable(by: 0o001, group: nil)
            // Reading takes the file's right and the way to it (path_resolution(7)).
            var readers = [Self.userName(geteuid())]
            let groupReads = settings.fileMode & 0o040 != 0 && isOpenToGroup && bucket.group == group
            if groupReads { readers.append(Self.groupName(group)) }
            let othersRead = settings.fileMode & 0o004 != 0 && isOpenToOthers
            if othersRead { readers.append("everybody") }
            // Removing and moving take the directory's, whatever the file's mode; with the sticky bit, owners alone.
            var removers = [Self.userName(bucket.owner)]
            let isSticky = bucket.mode & 0o1000 != 0
            let groupRemoves = bucket.mode & 0o030 == 0o030 && isOpenToGroup && !isSticky
            if groupRemoves { removers.append(Self.groupName(bucket.group)) }
            let othersRemove = bucket.mode & 0o003 == 0o003 && isOpenToOthers && !isSticky
            if othersRemove { removers.append("everybody") }
            let mode = String(settings.fileMode, radix: 8)
            return [
                Self.finding("readers", "files, of mode \(mode), can be read by", readers, groupReads || othersRead),
                Self.finding("removers", "files can be moved and deleted by", removers, groupRemoves || othersRemove),
            ]
        } catch {
            return [.problem("readers", "rights cannot be told: \(error)")]
        }
    }

    private static func finding(_ topic: String, _ text: String, _ who: [String], _ isShared: Bool)
        -> SystemCheck.Finding
    {
        let list = "\(text) \(who.joined(separator: ", "))"
        return isShared
            ? .ok(topic, list)
            : .warning(topic, "\(list) alone: programs that run as others cannot take files from the bucket")
    }

    /// Whether the bucket and all directories above it may be passed: by `bit` where they have that `group`, if any, else
    /// by everybody.
    private func isReachable(by bit: mode_t, group: UInt32?) -> Bool {
        var path = settings.bucket
        while true {
            var status = stat()
            guard stat(path.string, &status) == 0 else { return false }
            let isMember = group == status.st_gid
            guard status.st_mode & (isMember ? bit : 0o001) != 0 else { return false }
            guard path.removeLastComponent() else { return true }
        }
    }

    static func userName(_ number: UInt32) -> String {
        "user " + (getpwuid(number).map { String(cString: $0.pointee.pw_name) } ?? "\(number)")
    }

    static func groupName(_ number: UInt32) -> String {
        "group " + (getgrgid(number).map { String(cString: $0.pointee.gr_name) } ?? "\(number)")
    }
}
