import ArgumentParser
import CLinux
import Glibc

@main
struct Bucketctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bucketctl",
        abstract: "Works with a bucketd server, and with its files of tokens.",
        discussion: """
            Which server: --server, else the variable BUCKETCTL_SERVER, else server in the file ~/.config/bucketctl (or \
            config.yaml in a folder of that name), else http://127.0.0.1:8080. A token comes from --token-file, \
            BUCKETCTL_TOKEN, BUCKETCTL_TOKEN_FILE, or token or tokenFile in that file, and is never an argument, which \
            others could see.
            """,
        subcommands: [
            PutCommand.self, GetCommand.self, ListCommand.self, RemoveCommand.self, VerifyCommand.self,
            JobsCommand.self,
            TicketCommand.self, TokenCommand.self,
        ]
    )

    static func main() async {
        // A connection or a pipe whose other end is gone is an error of the write.
        signal(SIGPIPE, SIG_IGN)
        // Each folder to upload is one open file; where the limit stays, the error of opening tells.
        _ = clinux_raise_descriptor_limit()
        await main(nil)
    }
}
