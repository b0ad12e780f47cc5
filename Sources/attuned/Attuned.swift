import ArgumentParser
import AttuneDaemon
import Foundation

/// The Attune daemon.
@main
struct Attuned: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attuned",
        abstract: "The Attune daemon: a language model that learns your preferences.",
        discussion: """
            Use it with attunectl. Without options an unprivileged user gets a private instance \
            under the XDG directories.
            """,
        version: DaemonProcess.version, subcommands: [Run.self])
}

extension Attuned {
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the daemon in the foreground until SIGTERM or SIGINT.")

        @Option(help: ArgumentHelp("YAML configuration file.", valueName: "file"))
        var config: String?

        @Option(help: ArgumentHelp("Directory that holds all state.", valueName: "dir"))
        var stateDir: String?

        @Option(help: ArgumentHelp("Path of the control socket.", valueName: "path"))
        var socket: String?

        @Option(help: ArgumentHelp("GGUF file of the base model.", valueName: "file"))
        var model: String?

        func run() async throws {
            ProcessorKernels.restartIfSlow()
            let flags = ["stateDir": stateDir, "socket": socket, "model": model]
            let process = DaemonProcess(
                configurationFile: config, flags: flags.compactMapValues(\.self))
            do {
                try await process.run()
            } catch {
                let message = "attuned: \(DaemonProcess.explanation(of: error))\n"
                FileHandle.standardError.write(Data(message.utf8))
                throw ExitCode.failure
            }
        }
    }
}
