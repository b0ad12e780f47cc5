import ArgumentParser
import ControlAPI
import FeedbackFormats
import Foundation

struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat", abstract: "Talk with the model.",
        discussion: """
            With a message: one answer. Without: a conversation; `/new` starts over, `/exit` or Ctrl-D ends it, Ctrl-C stops \
            an answer.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var sampling: SamplingOptions
    @Option(help: "What the model is told before the conversation.")
    var system: String?
    @Argument(help: "What to say.")
    var message: String?

    func validate() throws {
        if message == nil, options.json {
            throw ValidationError("a conversation has no JSON form; give a message")
        }
    }

    func run() async throws {
        try await options.connected { client in
            let chat = ChatConversation(
                client: client, sampling: sampling, opening: system.map { [.system($0)] } ?? [])
            if let message {
                let completion = try await chat.answer(
                    chat.opening + [.user(message)], shown: !options.json)
                if options.json { try options.output.line(completion) }
            } else {
                try await chat.run()
            }
        }
    }
}

/// A conversation in the terminal.
struct ChatConversation {
    let client: ControlClient
    let sampling: SamplingOptions
    let opening: [Message]

    func run() async throws {
        var messages = opening
        while true {
            if Terminal.inputIsTerminal { Terminal.write(Paint.bold("> ")) }
            guard let line = readLine() else {
                if Terminal.inputIsTerminal { Terminal.write("\n") }
                return
            }
            switch line.trimmingCharacters(in: .whitespaces) {
            case "": continue
            case "/exit", "/quit": return
            case "/new": messages = opening
            case let command where command.hasPrefix("/"):
                Terminal.write("/new starts over, /exit ends\n")
            default:
                messages.append(.user(line))
                if let answer = try await reply(messages) {
                    messages.append(.assistant(answer))
                } else {
                    messages.removeLast()
                }
            }
        }
    }

    /// Shows an answer as it arises; Ctrl-C stops it, and the turn is forgotten.
    private func reply(_ messages: [Message]) async throws -> String? {
        let answering = Task { try await answer(messages, shown: true).text }
        return try await Interruption.handling {
            answering.cancel()
        } _: {
            do {
                return try await withTaskCancellationHandler {
                    try await answering.value
                } onCancel: {
                    answering.cancel()
                }
            } catch is CancellationError where !Task.isCancelled {
                Terminal.write(Paint.faint("stopped") + "\n")
                return nil
            }
        }
    }

    func answer(_ messages: [Message], shown: Bool) async throws -> GenerationPiece.Completion {
        var completion: GenerationPiece.Completion?
        let lines = try await client.lines(
            ControlRoutes.generate, sampling.order([messages], stream: shown))
        // However an answer ends, what follows it does not stand on its last line.
        defer { if shown { Terminal.write("\n") } }
        try await lines.forEach { piece in
            if shown, let delta = piece.delta { Terminal.write(Format.printable(delta)) }
            completion = piece.completion ?? completion
        }
        guard let completion else {
            throw ControlError(.internalError, "cannot answer: the daemon sent no completion")
        }
        return completion
    }
}
