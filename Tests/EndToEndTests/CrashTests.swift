import ControlAPI
import FeedbackFormats
import Foundation
import Synchronization
import Testing

extension EndToEndTests {
    @Suite struct CrashTests {
        static let kills = 20
        static let clients = 8

        /// Eight clients give feedback all the time; twenty times the daemon is killed under them, at a random moment.
        /// What it acknowledged must be there once, and nothing that was never sent.
        @Test func killedUnderLoadNothingAcknowledgedIsLostOrDoubled() async throws {
            let seed = UInt64(20_261_123)
            var random = SplitMix(state: seed)
            let host = Machine(in: try Scratch())
            let ledger = Ledger()
            for kill in 0..<Self.kills {
                try await host.start()
                let client = host.client
                let delay = Duration.microseconds(2_000 + Int64(random.next() % 250_000))
                await withTaskGroup(of: Void.self) { group in
                    for giver in 0..<Self.clients {
                        group.addTask { await ledger.give(client, "kill \(kill) client \(giver)") }
                    }
                    // The moment of the kill is what is random here; nothing waits for this to be long enough.
                    try? await Task.sleep(for: delay)
                    await host.crash()
                }
            }
            try await host.start()
            let stored = try await Self.stored(host.client)
            await host.stop()

            let acknowledged = ledger.acknowledged, sent = ledger.sent
            #expect(
                acknowledged.count > Self.kills, "too little load to show anything, seed \(seed)")
            #expect(acknowledged.subtracting(stored).isEmpty, "lost, seed \(seed)")
            #expect(stored.count == Set(stored).count, "doubled, seed \(seed)")
            #expect(sent.isSuperset(of: stored), "nobody sent that, seed \(seed)")

            let check = try await host.run(
                "/usr/bin/sqlite3", [host.state + "/attune.sqlite", "PRAGMA integrity_check"])
            #expect(check.output == "ok\n", "\(check)")
        }

        /// The prompts of all feedback, as often as each is stored.
        private static func stored(_ client: ControlClient) async throws -> [String] {
            var prompts: [String] = []
            var next: String?
            repeat {
                let page = try await client.send(
                    ControlRoutes.listFeedback, FeedbackQuery(limit: 500, after: next))
                prompts += page.items.compactMap(\.feedback.prompt.last?.content)
                next = page.next
            } while next != nil
            return prompts
        }
    }
}

/// What the clients sent, and what the daemon said it has.
private final class Ledger: Sendable {
    private let entries = Mutex((sent: Set<String>(), acknowledged: Set<String>()))

    var sent: Set<String> { entries.withLock { $0.sent } }
    var acknowledged: Set<String> { entries.withLock { $0.acknowledged } }

    /// Gives batch after batch until the daemon is gone.
    func give(_ client: ControlClient, _ name: String) async {
        for number in 0... {
            let prompts = (0..<(1 + number % 5)).map { "\(name) batch \(number) item \($0)" }
            entries.withLock { $0.sent.formUnion(prompts) }
            let items = prompts.map {
                Feedback(
                    kind: .pair, prompt: [.user($0)], chosen: "yes to \($0)", rejected: "no")
            }
            guard
                let answer = try? await client.send(
                    ControlRoutes.addFeedback, FeedbackBatch(items: items))
            else { return }
            for (prompt, outcome) in zip(prompts, answer.outcomes) where outcome.result == .added {
                entries.withLock { _ = $0.acknowledged.insert(prompt) }
            }
        }
    }
}

/// A seeded source of moments.
///
/// - Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
