import ArgumentParser
import ControlAPI

struct RoundCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "round", abstract: "Look at alignment rounds.",
        subcommands: [List.self, Show.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List rounds, newest first.")

        @OptionGroup var options: GlobalOptions
        @Option(help: "At most this many.")
        var limit = 50

        func run() async throws {
            let rounds = try await options.connected { client in
                try await allItems(limit: limit) { limit, after in
                    try await client.send(
                        ControlRoutes.listRounds, PageQuery(limit: limit, after: after))
                }
            }
            try options.output.list(rounds, RoundText.table)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a round: its data, its metrics and the gate's decision.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The round's number.")
        var id: Int

        func run() async throws {
            let round = try await options.connected {
                try await $0.send(ControlRoutes.showRound, at: String(id))
            }
            try options.output.show(round, RoundText.round)
        }
    }
}
