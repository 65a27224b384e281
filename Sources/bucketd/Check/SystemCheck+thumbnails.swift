import Glibc
import Ingest
import Jobs
import Spool
import SystemPackage

extension SystemCheck {
    /// Thumbnails are made in the state directory and renamed into place, which rename(2) does within one mount only
    /// (EXDEV): a file is sent that way.
    func thumbnailFindings() -> [Finding] {
        guard !settings.thumbnails.sizes.isEmpty, let directory = settings.thumbnails.directory else { return [] }
        let calls = LinuxFileCalls()
        do throws(Errno) {
            try send(to: try nearest(directory, calls), calls)
            return [.ok("thumbnails", "go to \(directory): on the mount of the state")]
        } catch .improperLink {
            let text =
                "\(directory) is on another filesystem than the state directory "
                + "\(settings.state), so thumbnails cannot be renamed into it"
            return [.problem("thumbnails", text)]
        } catch {
            return [.problem("thumbnails", "\(directory) cannot be used: \(error)")]
        }
    }

    /// The directory, or where it would be made.
    private func nearest(_ directory: FilePath, _ calls: LinuxFileCalls) throws(Errno) -> FileDescriptor {
        var path = directory
        while true {
            do throws(Errno) {
                return try calls.open(path, in: .workingDirectory, .directory)
            } catch  where error == .noSuchFileOrDirectory && path.lastComponent != nil {
                path.removeLastComponent()
            }
        }
    }

    private func send(to target: FileDescriptor, _ calls: LinuxFileCalls) throws(Errno) {
        defer { close(target.rawValue) }
        let temporary = try calls.open(settings.state.appending("tmp"), in: .workingDirectory, .directory)
        defer { close(temporary.rawValue) }
        let name = FilePath(".bucketd-check-\(getpid())-\(UInt64.random(in: 0 ... .max))")
        let file = try calls.open(name, in: temporary, .create)
        close(file.rawValue)
        do throws(Errno) {
            try calls.renameExclusively(name, in: temporary, to: name, in: target)
        } catch {
            try calls.unlink(name, in: temporary)
            throw error
        }
        try calls.unlink(name, in: target)
    }
}
