import Glibc
import PostProcessing
import SystemPackage

extension Assembly {
    /// The decoder of the settings, or the one that was installed with this program.
    static func thumbnailHelperOptions(_ settings: ThumbnailSettings) throws -> ThumbnailHelperOptions {
        let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        var options = ThumbnailHelperOptions(
            path: try settings.helper ?? installedHelper(),
            workers: settings.workers ?? max(1, processors - 1)
        )
        options.deadline = settings.timeout
        options.memory = UInt64(settings.memory)
        return options
    }

    private static func installedHelper() throws -> FilePath {
        let name = "bucketd-thumbnail"
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { throw Errno(rawValue: errno) }
        let directory = FilePath(platformString: buffer).removingLastComponent()
        let candidates = [directory.appending(name), directory.removingLastComponent().appending("libexec/\(name)")]
        guard let found = candidates.first(where: { access($0.string, X_OK) == 0 }) else {
            throw SettingsError(
                problems: [
                    SettingsProblem(
                        key: SettingKey.thumbnailHelper.rawValue,
                        reason: "There is no \(name) beside this program: name it, or set thumbnails.sizes to []."
                    )
                ]
            )
        }
        return found
    }
}
