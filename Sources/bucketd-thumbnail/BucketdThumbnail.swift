import Glibc
import ThumbnailWire

/// The program that decodes users' images: `bucketd` starts it with a socket as standard input and keeps it.
@main
enum BucketdThumbnail {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case nil where standardInputIsControlSocket:
            Zygote.start().serve()
        case "--probe":
            exit(Probe().run() ? EXIT_SUCCESS : EXIT_FAILURE)
        default:
            print(
                "bucketd-thumbnail is run by bucketd. `bucketd-thumbnail --probe` tells how well decoders are locked in."
            )
            exit(EX_USAGE)
        }
    }

    private static var standardInputIsControlSocket: Bool {
        var type: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        let answer = getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &size)
        return answer == 0 && type == CInt(SOCK_SEQPACKET.rawValue)
    }
}
