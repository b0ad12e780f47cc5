import ArgumentParser
import ControlAPI
import FeedbackFormats

extension FeedbackCommand {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give one feedback.",
            discussion: """
                --chosen and --rejected: a pair (--edit if you rewrote the rejected answer, --tie if neither is better). \
                --liked or --disliked: a thumb for one answer. What is there already is left as it is, code 0.
                """)

        @OptionGroup var options: GlobalOptions
        @Option(help: "What was asked.")
        var prompt: String
        @Option(help: "What the model was told before.")
        var system: String?
        @Option(help: "The better answer.")
        var chosen: String?
        @Option(help: "The worse answer.")
        var rejected: String?
        @Option(help: ArgumentHelp("An answer you like.", valueName: "answer"))
        var liked: String?
        @Option(help: ArgumentHelp("An answer you dislike.", valueName: "answer"))
        var disliked: String?
        @Flag(help: "You rewrote the rejected answer into the chosen one.")
        var edit = false
        @Flag(help: "Neither answer is better.")
        var tie = false
        @Option(help: "Where this comes from, in your words.")
        var source: String?

        func validate() throws { _ = try feedback() }

        func run() async throws {
            let feedback = try feedback()
            let outcome = try await options.connected { client in
                try await client.send(ControlRoutes.addFeedback, FeedbackBatch(items: [feedback]))
                    .outcomes.first
            }
            guard let outcome else {
                throw ControlError(.internalError, "cannot add: the daemon sent no outcome")
            }
            try options.output.show(outcome, FeedbackText.outcome)
            if outcome.result == .refused { throw Ending(.failed) }
        }

        private func feedback() throws -> Feedback {
            let feedback = Feedback(
                kind: try kind(), prompt: (system.map { [.system($0)] } ?? []) + [.user(prompt)],
                chosen: chosen ?? liked, rejected: rejected ?? disliked, source: source)
            if let refusal = feedback.refusal { throw ValidationError("\(refusal)") }
            return feedback
        }

        private func kind() throws -> Feedback.Kind {
            switch (chosen, rejected, liked, disliked, edit, tie) {
            case (_?, _?, nil, nil, false, false): .pair
            case (_?, _?, nil, nil, true, false): .edit
            case (_?, _?, nil, nil, false, true): .tie
            case (nil, nil, _?, nil, false, false), (nil, nil, nil, _?, false, false): .rating
            default:
                throw ValidationError(
                    "give --chosen and --rejected (with --edit or --tie if so), or --liked, "
                        + "or --disliked")
            }
        }
    }
}
