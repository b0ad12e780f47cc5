import ArgumentParser
import CheckpointStore
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

            The line is what admits the ssh key: delete it when the host behind it is stolen or trusted no more. Revoking \
            that host's own key, or removing the peer, ends trust and feedback, not the rest of what the line allows.
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
    @Option(
        help: ArgumentHelp(
            """
            With the role pull or peer: feedback as well, its text with it, with the host of this fingerprint while \
            `peer trust --feedback` marks it here. The role full may with every marked one.
            """, valueName: "fingerprint"))
    var feedback: String?

    func validate() throws {
        if options.host != nil {
            throw ValidationError("dial-stdio reaches only this host's daemon")
        }
        if let feedback, HostID.digits(ofFingerprint: feedback) == nil {
            throw ValidationError(
                "--feedback needs a fingerprint, as `attunectl peer show --fingerprint` prints it")
        }
    }

    func run() async throws {
        let socket = try UnixSocket.connect(to: options.socket ?? SocketLocation.resolve())
        if role != .full || quota != nil || feedback != nil {
            try ConnectionPreamble.send(
                ConnectionLimits(
                    role: role, quota: quota?.bytes, feedback: feedback),
                over: socket)
        }
        Relay.run(input: STDIN_FILENO, output: STDOUT_FILENO, socket: socket)
        close(socket)
    }
}
