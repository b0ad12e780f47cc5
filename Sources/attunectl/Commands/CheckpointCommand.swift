import ArgumentParser
import CheckpointStore
import ControlAPI

struct CheckpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Look at checkpoints and choose the one in use.",
        discussion:
            "A checkpoint is named by its id or by the first digits of it that no other has.",
        subcommands: [
            List.self, Show.self, Verify.self, Promote.self, Rollback.self, Export.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List checkpoints, newest first; the head is marked.")

        @OptionGroup var options: GlobalOptions
        @Option(help: "At most this many.")
        var limit = 50

        func run() async throws {
            let checkpoints = try await options.connected { client in
                try await allItems(limit: limit) { limit, after in
                    try await client.send(
                        ControlRoutes.listCheckpoints, PageQuery(limit: limit, after: after))
                }
            }
            try options.output.list(checkpoints, CheckpointText.table)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a checkpoint.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The checkpoint's id, or `head`.")
        var id: String

        func run() async throws {
            let checkpoint = try await options.connected { client in
                try await client.send(
                    ControlRoutes.showCheckpoint, at: client.checkpoint(named: id))
            }
            try options.output.show(checkpoint, CheckpointText.checkpoint)
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every byte of a checkpoint again and check it.",
            discussion: """
                A damaged object is set aside, and the next sync with a peer that has it brings it again. Ends with \
                code 5 if anything is not as it should be.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The checkpoint's id, or `head`.")
        var id: String

        func run() async throws {
            let report = try await options.connected { client in
                try await client.send(
                    ControlRoutes.verifyCheckpoint, at: client.checkpoint(named: id))
            }
            try options.output.show(report) { StatusText.checks($0.checks) }
            if !report.isSound { throw Ending(.integrity) }
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a checkpoint the head, if the gate lets it.",
            discussion: "Ends with code 4 if the gate says no.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The checkpoint's id.")
        var id: String
        @Flag(help: "Promote whatever the gate says; hashes and base model are still checked.")
        var force = false

        func run() async throws {
            let display = options.output.progress()
            let report: PromotionReport = try await options.connected { client in
                try await client.lines(
                    ControlRoutes.promoteCheckpoint, Promotion(force: force),
                    at: client.checkpoint(named: id)
                ).lastValue(progress: display.update)
            }
            display.clear()
            try options.output.show(report, CheckpointText.promotion)
            if !report.promoted { throw Ending(.refused) }
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the head before this one the head again.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let report = try await options.connected {
                try await $0.send(ControlRoutes.rollbackCheckpoint)
            }
            try options.output.show(report, CheckpointText.promotion)
        }
    }
}
