import ArgumentParser
import CheckpointStore
import ControlAPI

struct CheckpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Look at checkpoints and choose the one in use.",
        discussion:
            "A checkpoint is named by its id or by the first digits of it that no other has.",
        subcommands: [
            List.self, Show.self, Verify.self, Promote.self, Rollback.self, Merge.self, Export.self,
            Collect.self, Pin.self, Unpin.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List checkpoints, newest first; the head is marked.")

        @OptionGroup var options: GlobalOptions
        @Option(help: "At most this many.")
        var limit = 50
        @Flag(help: "Draw which comes from which, and what each host has in use.")
        var graph = false

        func run() async throws {
            let (checkpoints, heads) = try await options.connected { client in
                let checkpoints = try await allItems(limit: limit) { limit, after in
                    try await client.send(
                        ControlRoutes.listCheckpoints, PageQuery(limit: limit, after: after))
                }
                let heads =
                    graph ? try await client.send(ControlRoutes.listHeads, HeadsQuery()) : nil
                return (checkpoints, heads)
            }
            try options.output.list(checkpoints) { checkpoints in
                heads.map {
                    CheckpointGraph.text(
                        checkpoints, heads: $0.heads, own: $0.host.description)
                } ?? CheckpointText.table(checkpoints)
            }
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

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one checkpoint of two that went different ways.",
            discussion: """
                The new one stands beside them until it is promoted, through the gate like any other. Both adapters \
                are added exactly and brought back to one adapter's rank by a singular value decomposition; how much \
                of the sum that keeps is printed.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "A checkpoint's id, or `head`.")
        var one: String
        @Argument(help: "The other one's id, such as that of another host's head.")
        var other: String
        @Option(
            help: """
                mean: each counts by the feedback that only it has seen; sum: both changes since their common \
                ancestor in full; ties: those changes without their small parts, and where they disagree the way that \
                most of the change goes.
                """)
        var rule = MergeRule.mean

        func run() async throws {
            let report = try await options.connected { client in
                try await client.send(
                    ControlRoutes.mergeCheckpoints,
                    ControlAPI.Merge(checkpoints: [one, other], rule: rule))
            }
            try options.output.show(report, CheckpointText.merge)
        }
    }
}
