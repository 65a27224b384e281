import CLinux
import Glibc
package import Testing

/// What a test needs of the machine and cannot bring along.
package struct Requirement: Sendable {
    /// Completes "needs ...".
    package let name: String
    private let check: @Sendable () -> Bool
    package var isMet: Bool { check() }

    package init(_ name: String, isMet: @escaping @Sendable () -> Bool) {
        self.name = name
        check = isMet
    }

    /// The right to change owners, mount, and read what others may not.
    package static let root = Requirement("root") { geteuid() == 0 }

    package static let landlock = Requirement("Landlock in the kernel") { clinux_landlock_version() > 0 }

    /// Filesystems in user space.
    package static let fuse = Requirement("/dev/fuse") { access("/dev/fuse", R_OK | W_OK) == 0 }

    package static let loopDevices = Requirement("loop devices") { access("/dev/loop-control", R_OK | W_OK) == 0 }

    /// A program in PATH.
    package static func command(_ name: String) -> Requirement {
        Requirement("the program \(name)") {
            let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
            return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
        }
    }
}

/// Ends a test that would have been skipped where a skip is not accepted.
package struct UnmetRequirement: Error, CustomStringConvertible {
    package let name: String
    package var description: String { "needs \(name), and under CI=true a skip is a failure" }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, saying what is missing, unless everything is there; under `CI=true` it fails instead.
    package static func requires(
        _ requirements: Requirement...,
        isContinuousIntegration: Bool = getenv("CI").map { String(cString: $0) } == "true"
    ) -> Self {
        let names = requirements.map(\.name).joined(separator: " and ")
        return .enabled("needs \(names)") {
            guard let missing = requirements.first(where: { !$0.isMet }) else { return true }
            if isContinuousIntegration { throw UnmetRequirement(name: missing.name) }
            return false
        }
    }
}
