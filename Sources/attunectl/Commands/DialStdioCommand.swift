import ArgumentParser
import ControlAPI
import Foundation

struct DialStdioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dial-stdio",
        abstract: "Carry standard input and output to the daemon's socket.",
        discussion: """
            What `--host ssh://…` and `sync ssh://…` run on the other host; of no use by hand. As the forced command of \
            an ssh key it says what that key is good for, in ~/.ssh/authorized_keys:

                command="attunectl dial-stdio --role peer --quota 2G",restrict ssh-ed25519 AAAA… me@laptop
            """)

    @OptionGroup var options: GlobalOptions
    @Option(
        help: """
            pull: fetch checkpoints; peer: hand over some as well, of which none is activated; full: everything.
            """)
    var role = PeerRole.full
    @Option(
        help: ArgumentHelp(
            "Bytes of checkpoints and feedback that one connection may hand over, such as 500M or 2G.",
            valueName: "bytes"))
    var quota: ByteCount?
    @Flag(
        help: """
            With the role pull or peer: feedback as well, its text with it, with hosts that `peer trust --feedback` \
            has marked here. The role full always may.
            """)
    var feedback = false

    func validate() throws {
        if options.host != nil {
            throw ValidationError("dial-stdio reaches only this host's daemon")
        }
    }

    func run() async throws {
        let socket = try UnixSocket.connect(to: options.socket ?? SocketLocation.resolve())
        if role != .full || quota != nil {
            try ConnectionPreamble.send(
                ConnectionLimits(
                    role: role, quota: quota?.bytes, feedback: feedback ? true : nil),
                over: socket)
        }
        Relay.run(input: STDIN_FILENO, output: STDOUT_FILENO, socket: socket)
        close(socket)
    }
}
