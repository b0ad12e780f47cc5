import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackStore
import Testing

@Suite struct MergeTests {
    @Test func twoCheckpointsBecomeOneThatIsNotInUse() async throws {
        let ledger = try TestLedger()
        let (one, other) = (try ledger.checkpoint(1).hex, try ledger.checkpoint(2).hex)
        try ledger.store.close()
        try await TestDaemon.run(keepingState: ledger.directory) { test in
            let merge = { names in
                try await test.client.send(
                    ControlRoutes.mergeCheckpoints, Merge(checkpoints: names))
            }
            let report = try await merge([String(one.prefix(12)), other])
            #expect(report.checkpoint.state == .candidate)
            #expect(report.checkpoint.origin == "merge")
            #expect(report.checkpoint.parents == [one, other].sorted())
            #expect(report.parts.map(\.weight) == [0.5, 0.5])
            #expect(report.retainedEnergy > 0.999, "both are multiples of one product")
            let listed = try await test.client.send(ControlRoutes.listCheckpoints, PageQuery())
            #expect(listed.items.first?.id == report.checkpoint.id)
            #expect(try await merge([other, one]).checkpoint.id == report.checkpoint.id)
            for (names, kind) in [
                (["base", one], ErrorKind.invalidRequest), ([one], .invalidRequest),
                ([one, report.checkpoint.id], .conflict), ([one, "ffffffff"], .notFound),
            ] {
                await #expect { _ = try await merge(names) } throws: {
                    ($0 as? ControlError)?.kind == kind
                }
            }
        }
    }
}
