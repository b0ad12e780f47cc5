import ArgumentParser
package import ControlAPI
import FeedbackFormats
import Foundation

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Answer a prompt, or a file of prompts.",
        discussion: """
            A file holds JSON Lines, each with `prompt` (a text) or `messages` (a conversation); other keys are carried \
            over. Each line of the output adds `response`, `finishReason` and `tokens`, or with --samples above 1 \
            `responses`, `finishReasons` and `tokens` as lists, in the order of the input. An answer depends only on the \
            seed, the position of its prompt in the file and the number of the sample.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var sampling: SamplingOptions
    @Option(
        help: ArgumentHelp("A file of prompts, `-` for standard input.", valueName: "file"),
        completion: .file())
    var prompts: String?
    @Option(help: "Answers to each prompt.")
    var samples = 1
    @Argument(help: "One prompt.")
    var prompt: String?

    func validate() throws {
        guard (prompt == nil) != (prompts == nil) else {
            throw ValidationError("give one prompt, or a file with --prompts")
        }
        guard samples >= 1 else { throw ValidationError("--samples must be at least 1") }
    }

    func run() async throws {
        let rows = try prompts.map { try PromptRow.read(InputFile.read($0), name: $0) }
        let messages = rows?.map(\.messages) ?? [[.user(prompt ?? "")]]
        guard !messages.isEmpty else { return }
        var collector = CompletionCollector(prompts: messages.count, samples: samples)
        let display = options.output.progress()
        try await options.connected { client in
            let order = sampling.order(messages, samples: samples, stream: false)
            try await client.lines(ControlRoutes.generate, order).forEach(
                progress: display.update
            ) { piece in
                guard let completion = piece.completion else { return }
                for (index, completions) in try collector.add(completion, piece) {
                    display.clear()
                    try show(completions, rows?[index])
                }
            }
        }
        display.clear()
        try collector.finish()
    }

    private func show(_ completions: [GenerationPiece.Completion], _ row: PromptRow?) throws {
        if row == nil, !options.json {
            let texts = completions.map { Format.printable($0.text) }
            return Terminal.write(texts.joined(separator: "\n\n") + "\n")
        }
        let row = row ?? PromptRow(prompt: prompt ?? "")
        Terminal.write(try row.line(completions, asList: samples > 1) + "\n")
    }
}

/// Brings completions, which may arrive in any order, back into the order of their prompts.
package struct CompletionCollector {
    private var slots: [[GenerationPiece.Completion?]]
    private var next = 0

    package init(prompts: Int, samples: Int) {
        slots = Array(repeating: Array(repeating: nil, count: samples), count: prompts)
    }

    /// Takes a completion and returns every prompt that is now whole and whose turn it is.
    package mutating func add(
        _ completion: GenerationPiece.Completion, _ piece: GenerationPiece
    ) throws -> [(index: Int, completions: [GenerationPiece.Completion])] {
        guard slots.indices.contains(piece.prompt),
            slots[piece.prompt].indices.contains(piece.sample)
        else {
            throw ControlError(
                .internalError, "cannot place an answer: the daemon sent one that was not asked for"
            )
        }
        slots[piece.prompt][piece.sample] = completion
        var ready: [(index: Int, completions: [GenerationPiece.Completion])] = []
        while next < slots.count, slots[next].allSatisfy({ $0 != nil }) {
            ready.append((next, slots[next].compactMap(\.self)))
            slots[next] = [nil]
            next += 1
        }
        return ready
    }

    /// Throws if a prompt was left without its answers.
    package func finish() throws {
        guard next == slots.count else {
            throw ControlError(
                .internalError,
                "cannot finish: the daemon answered \(next) of \(slots.count) prompts")
        }
    }
}
