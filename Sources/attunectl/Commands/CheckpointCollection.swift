import ArgumentParser
import CheckpointStore
import ControlAPI

extension CheckpointCommand {
    struct Collect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gc", abstract: "Let go of checkpoints that nothing needs any more.",
            discussion: """
                Says which would go and why the others stay; --apply lets them go. What stays whatever the options say: \
                the head and what a rollback leads to, what other hosts have in use, where hosts parted, what is pinned, \
                what a round or a label request goes back to, and what came within a day. Of the others manifest and \
                metrics stay, so that lists and graphs are whole. Sync does not bring them back by itself.
                """)

        @OptionGroup var options: GlobalOptions
        @Option(help: "Keep so many of the newest ones.")
        var keepLast = 5
        @Option(help: "Keep the newest one of so many days.")
        var keepDaily = 7
        @Option(help: "Keep the newest one of so many weeks.")
        var keepWeekly = 4
        @Flag(help: "Do it.")
        var apply = false

        func validate() throws {
            guard [keepLast, keepDaily, keepWeekly].allSatisfy({ $0 >= 0 }) else {
                throw ValidationError("--keep-… needs a number that is not below 0")
            }
        }

        func run() async throws {
            let retention = Retention(last: keepLast, daily: keepDaily, weekly: keepWeekly)
            let report = try await options.connected {
                try await $0.send(
                    ControlRoutes.collectCheckpoints,
                    CollectionOrder(retention: retention, apply: apply))
            }
            try options.output.show(report, CheckpointText.collection)
        }
    }

    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a checkpoint from being collected.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The checkpoint's id, or `head`.")
        var id: String

        func run() async throws { try await options.pin(id, true) }
    }

    struct Unpin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a pinned checkpoint be collected when its time comes.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The checkpoint's id, or `head`.")
        var id: String

        func run() async throws { try await options.pin(id, false) }
    }
}

extension GlobalOptions {
    fileprivate func pin(_ id: String, _ isPinned: Bool) async throws {
        let checkpoint = try await connected { client in
            try await client.send(
                ControlRoutes.pinCheckpoint, Pinning(pinned: isPinned),
                at: client.checkpoint(named: id))
        }
        try output.show(checkpoint, CheckpointText.checkpoint)
    }
}
