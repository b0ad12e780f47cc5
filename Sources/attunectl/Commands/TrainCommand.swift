import ArgumentParser
import ControlAPI

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Run, pause, resume and cancel training.",
        subcommands: [Run.self, Pause.self, Resume.self, Cancel.self])

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run one round and show how it went.",
            discussion: """
                The round goes on in the daemon when this command ends early. A round whose checkpoint the gate keeps back \
                is a round that was done: the code is 0.
                """)

        @OptionGroup var options: GlobalOptions
        @Option(help: "At most this many new pairs.")
        var pairs: Int?
        @Option(
            help:
                "The seed of every random choice; the same data and seed give the same checkpoint.")
        var seed: UInt64?
        @Flag(help: "Ask nobody for labels.")
        var noAsk = false
        @Flag(help: "Return as soon as the round has started.")
        var noWait = false

        func run() async throws {
            let order = TrainingRun(
                pairs: pairs, seed: seed, annotator: noAsk ? TrainingRun.Annotator.none : nil,
                wait: !noWait)
            let display = options.output.progress()
            let round: RoundReport
            do {
                round = try await options.connected { client in
                    try await client.lines(ControlRoutes.runTraining, order)
                        .lastValue(progress: display.update)
                }
            } catch is CancellationError {
                display.clear()
                options.output.note(
                    "the round goes on in the daemon; `attunectl train pause` pauses it, "
                        + "`attunectl watch` shows it")
                throw CancellationError()
            }
            display.clear()
            try options.output.show(round, RoundText.round)
            if round.state == .failed || round.state == .cancelled { throw Ending(.failed) }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop training at a point it can go on from.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let status = try await options.connected {
                try await $0.send(ControlRoutes.pauseTraining)
            }
            try options.output.show(status, StatusText.training)
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the running or paused round for good.",
            discussion: """
                What it has learnt is thrown away; its feedback and the answers to its label requests wait for the next \
                round. Training that is paused stays so.
                """)

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let round = try await options.connected {
                try await $0.send(ControlRoutes.cancelTraining)
            }
            try options.output.show(round, RoundText.round)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on where training was paused.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let status = try await options.connected {
                try await $0.send(ControlRoutes.resumeTraining)
            }
            try options.output.show(status, StatusText.training)
        }
    }
}
