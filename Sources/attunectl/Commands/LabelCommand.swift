import ArgumentParser
import ControlAPI
import FeedbackFormats

struct LabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Answer what the daemon asks.",
        discussion:
            "Without a verb: a conversation in the terminal, the most useful question first.",
        subcommands: [Ask.self, Next.self, Answer.self, Skip.self, List.self],
        defaultSubcommand: Ask.self)

    /// `label` alone.
    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer one question after another (the default).")

        @OptionGroup var options: GlobalOptions

        func validate() throws {
            if options.json {
                throw ValidationError(
                    "the conversation has no JSON form; use `label next` and `label answer`")
            }
        }

        func run() async throws {
            guard Terminal.inputIsTerminal else {
                throw ControlError(
                    .invalidRequest,
                    "cannot ask: standard input is no terminal; use `label next` and `label answer`"
                )
            }
            try await options.connected { try await LabelConversation(client: $0).run() }
        }
    }

    struct Next: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the open question worth most.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let next = try await options.connected { try await $0.send(ControlRoutes.nextLabel) }
            try options.output.show(next) { next in
                next.label.map(LabelText.label) ?? "no open questions"
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List label requests.")

        @OptionGroup var options: GlobalOptions
        @Option(help: "Only those in this state: \(valueList(LabelReport.State.self)).")
        var state: LabelReport.State?
        @Option(help: "At most this many.")
        var limit = 50

        func run() async throws {
            let labels = try await options.connected { client in
                try await allItems(limit: limit) { limit, after in
                    try await client.send(
                        ControlRoutes.listLabels,
                        LabelQuery(state: state, limit: limit, after: after))
                }
            }
            try options.output.list(labels, LabelText.table)
        }
    }

    struct Skip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a question without an answer.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The label request's id.")
        var id: String

        func run() async throws {
            let label = try await options.connected {
                try await $0.send(ControlRoutes.skipLabel, at: id)
            }
            try options.output.show(label) { "skipped \($0.id)" }
        }
    }
}

extension LabelCommand {
    struct Answer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer a question.",
            discussion: """
                Candidates are named by their letter (A, B, …) or their index from 0, as JSON has them. Give --best and \
                --worst, or --scores, or --edit and --text, or --none-good.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The label request's id.")
        var id: String
        @Option(help: "The best candidate.")
        var best: CandidateName?
        @Option(help: "The worst candidate.")
        var worst: CandidateName?
        @Option(
            help: ArgumentHelp(
                "One score for each candidate, higher is better.", valueName: "n,n,…"))
        var scores: ScoreList?
        @Option(help: "The candidate that --text is an improvement of.")
        var edit: CandidateName?
        @Option(help: "What the answer should have been.")
        var text: String?
        @Flag(help: "No candidate is any good.")
        var noneGood = false

        func validate() throws { _ = try verdict() }

        func run() async throws {
            let verdict = try verdict()
            let label = try await options.connected {
                try await $0.send(ControlRoutes.answerLabel, verdict, at: id)
            }
            try options.output.show(label) { "answered \($0.id)" }
        }

        private func verdict() throws -> LabelVerdict {
            switch (best, worst, scores, edit, text, noneGood) {
            case (let best?, let worst?, nil, nil, nil, false):
                .ranking(best: best.index, worst: worst.index)
            case (nil, nil, let scores?, nil, nil, false): .scores(scores.values)
            case (nil, nil, nil, let edit?, let text?, false):
                .edited(text, candidate: edit.index)
            case (nil, nil, nil, nil, nil, true): .bothBad
            default:
                throw ValidationError(
                    "give --best and --worst, or --scores, or --edit and --text, or --none-good")
            }
        }
    }
}
