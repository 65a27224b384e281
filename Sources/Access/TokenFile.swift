import Glibc
package import Ingest
package import SystemPackage

/// The file of tokens: a line each, empty lines and lines that begin with `#` count for nothing.
///
/// Whoever can write it can do anything, and whoever can read it knows who may: it is nobody's but its owner's.
package struct TokenFile: Sendable {
    /// More is no file of tokens.
    private static let maxSize = 4 << 20

    package let path: FilePath

    package init(_ path: FilePath) {
        self.path = path
    }

    /// Throws `.invalidFile` with all that is wrong, a line each.
    package func read() throws(AccessError) -> Tokens {
        try Self.parse(try text())
    }

    /// Adds a token as the last line, and makes the file if there is none; when it returns, that is on stable storage.
    ///
    /// The file is replaced by one that is whole at any moment, with the same owner, group and mode. Throws
    /// `.invalidFile` if the id is taken, too.
    package func append(_ token: Token) throws(AccessError) {
        let line = try token.line + "\n"
        try io("cannot be written") {
            try withLock([.create]) { file in
                let before = try AccessFile.text(of: file, limit: Self.maxSize, path)
                // A line that an editor left without its end stays a line of its own.
                let gap = before.last.map(Self.isLineEnd) ?? true ? "" : "\n"
                _ = try Self.parse(before + gap + line)
                try replace(with: before + gap + line, as: try AccessFile.status(of: file))
            }
            try AccessFile.syncDirectory(of: path)
        }
    }

    /// Removes a token, of which a comment stays; the file is replaced by one that is whole at any moment.
    ///
    /// Throws `.unknown` if there is no such token.
    package func revoke(_ id: String, at moment: Timestamp) throws(AccessError) {
        try io("cannot be written") {
            try withLock { file in
                let before = try AccessFile.text(of: file, limit: Self.maxSize, path)
                var isFound = false
                var after = ""
                var end = before.startIndex
                for line in Self.lines(of: before) {
                    // Lines end as they did.
                    after += before[end..<line.startIndex]
                    end = line.endIndex
                    if Self.isToken(line), try Token(line: String(line)).id == id {
                        isFound = true
                        after += "# revoked \(Token.text(moment)): \(id)"
                    } else {
                        after += line
                    }
                }
                after += before[end...]
                guard isFound else { throw AccessError(.unknown, "\(path) has no token \(id).") }
                try replace(with: after, as: try AccessFile.status(of: file))
            }
            try AccessFile.syncDirectory(of: path)
        }
    }

    private func replace(with text: String, as status: stat) throws {
        let new = FilePath(path.string + ".new")
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                new,
                .writeOnly,
                options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw whyNotReplaced(error)
        }
        do {
            try file.closeAfter {
                try Self.give(file, the: status)
                _ = try file.writeAll(text.utf8)
                try AccessFile.sync(file)
            }
            guard rename(new.string, path.string) == 0 else { throw whyNotReplaced(Errno(rawValue: errno)) }
        } catch {
            unlink(new.string)
            throw error
        }
    }

    /// Names what keeps another file from taking the place of one that can be written itself (rename(2)).
    func whyNotReplaced(_ error: any Error) -> any Error {
        let reason: String
        switch error as? Errno {
        case .resourceBusy?:
            reason = "\(path) is a mount of its own, whose place no changed file can take: mount its directory instead."
        case .permissionDenied?, .notPermitted?, .readOnlyFileSystem?:
            let directory = path.removingLastComponent()
            reason =
                "No changed file can take the place of \(path): nothing may be put into "
                + "\(directory.isEmpty ? "." : directory)."
        default:
            return error
        }
        return AccessError(.invalidFile, reason, cause: error as? Errno)
    }

    /// Owner, group and mode; a group that may do nothing with the file is given where we may give it.
    private static func give(_ file: FileDescriptor, the status: stat) throws {
        let own = try AccessFile.status(of: file)
        let isSame = own.st_uid == status.st_uid && own.st_gid == status.st_gid
        if !isSame, fchown(file.rawValue, status.st_uid, status.st_gid) != 0 {
            guard own.st_uid == status.st_uid, status.st_mode & 0o070 == 0 else { throw Errno(rawValue: errno) }
        }
        guard fchmod(file.rawValue, status.st_mode & 0o777) == 0 else { throw Errno(rawValue: errno) }
    }

    /// The file, for nobody else to change meanwhile; another program may have replaced it while we waited for that.
    private func withLock(_ options: FileDescriptor.OpenOptions = [], _ body: (FileDescriptor) throws -> Void) throws {
        while true {
            let file = try FileDescriptor.open(
                path,
                .readWrite,
                options: options.union([.closeOnExec, .noFollow]),
                permissions: [.ownerReadWrite]
            )
            let isDone = try file.closeAfter {
                try AccessFile.lock(file)
                guard try AccessFile.isCurrent(file, path) else { return false }
                try AccessFile.requirePrivate(file, path)
                try body(file)
                return true
            }
            if isDone { return }
        }
    }

    private func text() throws(AccessError) -> String {
        try io("cannot be read") {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            return try file.closeAfter {
                try AccessFile.requirePrivate(file, path)
                return try AccessFile.text(of: file, limit: Self.maxSize, path)
            }
        }
    }

    private func io<Value>(_ what: String, _ body: () throws -> Value) throws(AccessError) -> Value {
        do {
            return try body()
        } catch let error as AccessError {
            throw error
        } catch {
            throw AccessError(.invalidFile, "\(path) \(what).", cause: error as? Errno)
        }
    }

    static func parse(_ text: String) throws(AccessError) -> Tokens {
        var tokens: [Token] = []
        var ids: Set<String> = []
        var digests: Set<SHA256Digest> = []
        var reasons: [String] = []
        for (number, line) in lines(of: text).enumerated() where isToken(line) {
            do throws(AccessError) {
                let token = try Token(line: String(line))
                guard ids.insert(token.id).inserted, digests.insert(token.digest).inserted else {
                    throw AccessError(.invalidFile, "The token \(token.id) is there twice.")
                }
                tokens.append(token)
            } catch {
                reasons.append("line \(number + 1): \(error.message)")
            }
        }
        guard reasons.isEmpty else { throw AccessError(.invalidFile, reasons.joined(separator: "\n")) }
        return Tokens(tokens)
    }

    /// However they end; CR and LF together are one Character.
    private static func lines(of text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { isLineEnd($0) }
    }

    private static func isLineEnd(_ character: Character) -> Bool {
        ["\n", "\r\n", "\r"].contains(character)
    }

    private static func isToken(_ line: Substring) -> Bool {
        !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("#")
    }
}
