import ArgumentParser
import ControlAPI
import FeedbackFormats
import Foundation

extension FeedbackCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take in files of preference data.",
            discussion: """
                The shape of each row is recognised by itself (JSON Lines or a JSON array; TRL, OpenAI, HH-RLHF, \
                UltraFeedback, LLaMA-Factory, OpenRLHF, Open WebUI, FastChat, Argilla, ranked lists and Attune's own). \
                Every row is accounted for: imported, duplicate, or refused with its line and the reason. Importing \
                again changes nothing. Ends with code 1 if a row was refused, unless --allow-refused; the others are \
                in all the same. Rounds learn from pairs, from edits (the rewritten answer over the old one), from \
                ranked lists (the best answer over the worst, one pair) and from thumbs (by a loss for rated answers); \
                ties are kept.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The files; `-` is standard input.", completion: .file())
        var files: [String]
        @Option(help: "Where this comes from, for rows that do not say.")
        var source: String?
        @Flag(help: "Refused rows are no failure.")
        var allowRefused = false

        func run() async throws {
            var refused = 0
            try await options.connected { client in
                for file in files {
                    let tally = try await take(file, client)
                    try options.output.show(tally, FeedbackText.tally)
                    refused += tally.refused
                }
            }
            if refused > 0, !allowRefused { throw Ending(.failed) }
        }

        private func take(_ name: String, _ client: ControlClient) async throws -> ImportTally {
            var rows = try InputRows(path: name)
            var tally = ImportTally(file: name)
            var batch = ImportBatch()
            let display = options.output.progress()
            while let row = try rows.next() {
                switch row.result {
                case .failure(let refusal):
                    refuse(row.line, "\(refusal)", &tally, display)
                case .success(var feedback):
                    feedback.source = feedback.source ?? source
                    batch.add(feedback, line: row.line)
                }
                if batch.isFull {
                    try await send(&batch, client, &tally, display)
                    display.update(Self.progress(rows.file, tally))
                }
            }
            try await send(&batch, client, &tally, display)
            return tally
        }

        private func send(
            _ batch: inout ImportBatch, _ client: ControlClient, _ tally: inout ImportTally,
            _ display: ProgressDisplay
        ) async throws {
            guard !batch.items.isEmpty else { return }
            let outcomes = try await client.send(
                ControlRoutes.addFeedback, FeedbackBatch(items: batch.items)
            ).outcomes
            guard outcomes.count == batch.items.count else {
                throw ControlError(
                    .internalError,
                    "cannot account for lines \(batch.lines.first ?? 0) to \(batch.lines.last ?? 0) of "
                        + "\(tally.file): the daemon sent \(outcomes.count) outcomes for "
                        + "\(batch.items.count) rows; import the file again, what is in stays as it is"
                )
            }
            for (line, outcome) in zip(batch.lines, outcomes) {
                switch outcome.result {
                case .added: tally.added += 1
                case .duplicate: tally.duplicates += 1
                case .refused: refuse(line, outcome.reason ?? "no reason given", &tally, display)
                }
            }
            batch = ImportBatch()
        }

        private func refuse(
            _ line: Int, _ reason: String, _ tally: inout ImportTally, _ display: ProgressDisplay
        ) {
            tally.refuse(line: line, reason: reason)
            display.clear()
            if !options.json { options.output.note("\(tally.file):\(line): refused: \(reason)") }
        }

        private static func progress(_ file: FeedbackFile, _ tally: ImportTally) -> WorkProgress {
            let message =
                "\(tally.added) imported, \(tally.duplicates) duplicate, \(tally.refused) refused"
            guard let total = file.byteCount else {
                let rows = tally.added + tally.duplicates + tally.refused
                return WorkProgress(phase: "importing", done: rows, message: message)
            }
            return .share(
                phase: "importing", done: file.bytesRead, total: total, message: message)
        }
    }
}

/// Rows on their way to the daemon in one request.
struct ImportBatch {
    /// Text per request, in bytes; one long row may exceed it by itself.
    static let textLimit = 1 << 20

    private(set) var items: [Feedback] = []
    private(set) var lines: [Int] = []
    private var textBytes = 0

    var isFull: Bool {
        items.count >= ControlProtocol.feedbackBatchLimit || textBytes >= Self.textLimit
    }

    mutating func add(_ feedback: Feedback, line: Int) {
        items.append(feedback)
        lines.append(line)
        textBytes += feedback.prompt.reduce(0) { $0 + $1.content.utf8.count }
        textBytes += (feedback.chosen?.utf8.count ?? 0) + (feedback.rejected?.utf8.count ?? 0)
    }
}

/// What became of a file's rows.
package struct ImportTally: Encodable {
    package struct Refusal: Encodable {
        package let line: Int
        package let reason: String
    }

    /// How many refusals are listed in full; all are counted.
    private static let listLimit = 1000

    package let file: String
    package var added = 0
    package var duplicates = 0
    package private(set) var refused = 0
    /// The first refusals, by line.
    package private(set) var refusals: [Refusal] = []

    package init(file: String) {
        self.file = file
    }

    package mutating func refuse(line: Int, reason: String) {
        refused += 1
        if refusals.count < Self.listLimit { refusals.append(Refusal(line: line, reason: reason)) }
    }
}
