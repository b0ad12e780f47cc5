import ArgumentParser
import ControlAPI
import FeedbackFormats
import Foundation

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Score a file of preference pairs.",
        discussion: """
            Any format that `feedback import` reads; only pairs and edits count. Shows the share of pairs whose chosen \
            answer the policy prefers more than the reference does, with a 95 % interval clustered by prompt, beside what \
            preferring the longer answer would get. With --json: a line for each pair (--per-pair), then the summary.
            """)

    @OptionGroup var options: GlobalOptions
    @Option(
        help: ArgumentHelp("A file of pairs, `-` for standard input.", valueName: "file"),
        completion: .file())
    var pairs: String
    @Flag(help: "Show every pair's log-probabilities and margin.")
    var perPair = false
    @Option(help: ArgumentHelp("What to judge: an id, `head` or `base`.", valueName: "id"))
    var checkpoint: String?
    @Option(
        help: ArgumentHelp("What to judge it against: an id, `head` or `base`.", valueName: "id"))
    var reference: String?

    func run() async throws {
        let list = try readPairs()
        let order = EvaluationOrder(
            pairs: list, checkpoint: checkpoint, reference: reference, perPair: perPair)
        let display = options.output.progress()
        var scores: [PairScore] = []
        try await options.connected { client in
            try await client.lines(ControlRoutes.evaluate, order).forEach(
                progress: display.update
            ) { piece in
                display.clear()
                if let score = piece.pair {
                    if options.json { try options.output.line(score) } else { scores.append(score) }
                }
                if let summary = piece.summary {
                    try options.output.show(summary) { EvaluationText.report($0, scores) }
                }
            }
        }
    }

    /// The pairs of the file; other rows are told about and left out.
    private func readPairs() throws -> [EvaluationOrder.Pair] {
        var rows = try InputRows(path: pairs)
        var list: [EvaluationOrder.Pair] = []
        while let row = try rows.next() {
            switch row.result {
            case .success(let feedback):
                guard feedback.kind.isPreference, let chosen = feedback.chosen,
                    let rejected = feedback.rejected
                else {
                    options.output.note(
                        "\(pairs):\(row.line): left out: a \(feedback.kind.rawValue) is no pair")
                    continue
                }
                list.append(
                    EvaluationOrder.Pair(
                        id: String(row.line), prompt: feedback.prompt, chosen: chosen,
                        rejected: rejected))
            case .failure(let refusal):
                options.output.note("\(pairs):\(row.line): left out: \(refusal)")
            }
        }
        guard !list.isEmpty else {
            throw ControlError(
                .invalidRequest, "cannot evaluate: there are no pairs in \(pairs)")
        }
        return list
    }
}
