import ArgumentParser
import ControlAPI
import Foundation

struct DialStdioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dial-stdio",
        abstract: "Carry standard input and output to the daemon's socket.",
        discussion: "What `--host ssh://…` runs on the other host; of no use by hand.")

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if options.host != nil {
            throw ValidationError("dial-stdio reaches only this host's daemon")
        }
    }

    func run() async throws {
        let socket = try UnixSocket.connect(to: options.socket ?? SocketLocation.resolve())
        Relay.run(input: STDIN_FILENO, output: STDOUT_FILENO, socket: socket)
        close(socket)
    }
}
