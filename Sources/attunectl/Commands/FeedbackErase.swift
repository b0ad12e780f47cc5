import ArgumentParser
import ControlAPI
import FeedbackFormats
import Foundation

extension FeedbackCommand {
    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the text of feedback out of every file, for good.",
            discussion: """
                As `retract`, and prompt, answers, source, and what was sampled and said about it are gone from this \
                host's database, from copies that a migration left beside it, and from rounds; a round that is not \
                finished and has the text is cancelled. The prompt stays while other feedback has it. The id stays, a \
                hash, so that the same feedback is never taken in again; whoever guesses a short text can confirm \
                the guess by it. Sync takes the erasure to every host that feedback is exchanged with. Checkpoints \
                that were trained on it, and those that descend from them, stay and are shown as such; backups of \
                your own are yours to erase.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The feedback's id.")
        var ids: [String]
        @Flag(help: "Do not ask.")
        var yes = false

        func run() async throws {
            if !yes { try confirm() }
            let report = try await options.connected {
                try await $0.send(ControlRoutes.eraseFeedback, FeedbackErasure(ids: ids))
            }
            try options.output.list(report.entries) { entries in
                entries.map { "erased \($0.id)" }.joined(separator: "\n")
            }
            if let round = report.cancelledRound {
                options.output.note(
                    "Round \(round) had the text and was cancelled; its other feedback waits for the"
                        + " next one.")
            }
            if report.entries.contains(where: { !$0.trainedIn.isEmpty }) {
                options.output.note(
                    "Checkpoints were trained on it: `attunectl checkpoint list` says which.")
            }
            options.output.note(
                "`attunectl sync` takes the erasure to the hosts that feedback is exchanged with.")
        }

        private func confirm() throws {
            guard Terminal.inputIsTerminal, !options.json else {
                throw ControlError(
                    .invalidRequest, "cannot erase without being asked to: say it with --yes")
            }
            let isMeant = Terminal.confirms(
                "The text of \(ids.joined(separator: ", ")) will be gone for good. Erase it?")
            guard isMeant else {
                throw ControlError(.cancelled, "nothing was erased")
            }
        }
    }
}
