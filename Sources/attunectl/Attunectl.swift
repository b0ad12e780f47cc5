package import ArgumentParser
import ControlAPI
import Foundation

/// The control tool: everything a person or a script does with the daemon.
@main
package struct Attunectl: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "attunectl",
        abstract: "Teach a local language model what you prefer.",
        discussion: """
            Talks to the daemon `attuned` over its Unix socket.

            Exit codes: 0 done, 1 failed, 2 usage, 3 daemon unreachable, 4 refused by gate or policy, \
            5 integrity, 130 interrupted.
            """,
        version: Release.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Look",
                subcommands: [
                    StatusCommand.self, DoctorCommand.self, FsckCommand.self, WatchCommand.self,
                    ConfigCommand.self,
                ]),
            CommandGroup(
                name: "Teach",
                subcommands: [FeedbackCommand.self, LabelCommand.self, TrainCommand.self]),
            CommandGroup(
                name: "Use",
                subcommands: [
                    ChatCommand.self, GenerateCommand.self, EvaluateCommand.self, ModelCommand.self,
                ]),
            CommandGroup(
                name: "Keep",
                subcommands: [
                    RoundCommand.self, CheckpointCommand.self, PeerCommand.self, KeyCommand.self,
                    SyncCommand.self,
                ]),
            CommandGroup(name: "Plumbing", subcommands: [DialStdioCommand.self]),
        ])

    package init() {}

    package static func main() async {
        Terminal.prepare()
        let work = Task {
            await run(Array(CommandLine.arguments.dropFirst()))
        }
        Interruption.install { work.cancel() }
        Terminal.exit(await work.value)
    }

    /// Runs one command line and says how it ended; messages are out by then.
    static func run(_ arguments: [String]) async -> ToolExit {
        do {
            var command = try understood(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            // What follows a `--` is no option.
            return report(error, asJSON: arguments.prefix { $0 != "--" }.contains("--json"))
        }
    }

    /// The command that a command line stands for.
    package static func understood(_ arguments: [String]) throws -> any ParsableCommand {
        do {
            return try parseAsRoot(LeadingOptions.moved(in: arguments))
        } catch {
            // After a word that is no command no option is known either, but the word is the mistake.
            _ = try parseAsRoot(LeadingOptions.removed(from: arguments))
            throw error
        }
    }

    private static func report(_ error: any Error, asJSON: Bool) -> ToolExit {
        switch error {
        case is CancellationError:
            return .interrupted
        case let ending as Ending:
            return ending.exit
        case let error as ControlError:
            Terminal.complain(error, asJSON: asJSON)
            return error.kind.exitCode
        default:
            break
        }
        let code = exitCode(for: error)
        guard code != .success else {
            Terminal.write(fullMessage(for: error) + "\n")
            return .done
        }
        if code == .validationFailure {
            if asJSON {
                Terminal.complain(ControlError(.invalidRequest, message(for: error)), asJSON: true)
            } else {
                Terminal.writeError(fullMessage(for: error) + "\n")
            }
            return .usage
        }
        let wrapped = ControlError(wrapping: error)
        Terminal.complain(wrapped, asJSON: asJSON)
        return wrapped.kind.exitCode
    }
}

/// Ends a command whose output has said everything, with a code other than done.
struct Ending: Error {
    let exit: ToolExit

    init(_ exit: ToolExit) {
        self.exit = exit
    }
}
