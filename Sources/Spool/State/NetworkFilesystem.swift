import CLinux
import Glibc
import Ingest
import SystemPackage

/// Filesystems whose files live on another machine.
package enum NetworkFilesystem {
    /// The numbers of statfs(2).
    private static let numbers: [Int64: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2", 0x0102_1997: "9p",
    ]
    private static let fuse: Int64 = 0x6573_5546

    /// Nil for a filesystem of this machine, or one that we do not know.
    static func name(of directory: FileDescriptor, _ calls: any FileCalls) throws(Errno) -> String? {
        let number: Int64 = try retrying { clinux_filesystem_type(directory.rawValue) }
        guard number == fuse else { return numbers[number] }
        let device = try calls.status(of: directory).device
        let type = mountType(device: device, in: try mounts(calls))
        return type == "fuse.sshfs" ? "sshfs" : nil
    }

    /// The filesystem type that `/proc/self/mountinfo` (proc_pid_mountinfo(5)) shows for a device.
    package static func mountType(device: UInt64, in mounts: String) -> String? {
        let wanted = "\(device >> 32):\(device & 0xFFFF_FFFF)"
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == wanted, let dash = fields.firstIndex(of: "-") else { continue }
            return fields.indices.contains(dash + 1) ? String(fields[dash + 1]) : nil
        }
        return nil
    }

    private static func mounts(_ calls: any FileCalls) throws(Errno) -> String {
        let workingDirectory = FileDescriptor(rawValue: AT_FDCWD)
        let file = OwnedDescriptor(try calls.open("/proc/self/mountinfo", in: workingDirectory, .read), calls)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { piece.deallocate() }
        var text: [UInt8] = []
        while true {
            let count = try calls.read(into: piece, from: file.raw, at: Int64(text.count))
            guard count > 0 else { break }
            text += piece[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
