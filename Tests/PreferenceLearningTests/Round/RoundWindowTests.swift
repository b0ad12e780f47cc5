import PreferenceLearning
import Testing

@Suite struct RoundWindowTests {
    private let new = (0..<60).map { "new-\($0)" }
    private let older = (0..<200).map { "old-\($0)" }

    private func select(
        new: [String], older: [String], replayShare: Double, limit: Int, seed: UInt64
    ) -> RoundWindow.Selection {
        RoundWindow.select(new: new, replayShare: replayShare, limit: limit, seed: seed) { take in
            for id in older { take(id) }
        }
    }

    @Test func replayMakesUpItsShareOfTheWindow() {
        let window = select(
            new: new, older: older, replayShare: 0.4, limit: 512, seed: 1)
        #expect(window.new == new)
        #expect(window.replayed.count == 40)
        #expect(Set(window.replayed).isSubset(of: older))
        #expect(Set(window.replayed).count == 40)
    }

    @Test func theLimitHoldsForBothKindsTogether() {
        let window = select(
            new: new, older: older, replayShare: 0.4, limit: 50, seed: 1)
        #expect(window.new == Array(new[..<30]), "the oldest come first")
        #expect(window.replayed.count == 20)
    }

    @Test func theSampleDependsOnTheSeedAndNotOnTheOrder() {
        func replayed(_ older: [String], _ seed: UInt64) -> [String] {
            select(new: new, older: older, replayShare: 0.4, limit: 512, seed: seed)
                .replayed
        }
        #expect(replayed(older, 1) == replayed(older.reversed(), 1))
        #expect(Set(replayed(older, 1)) != Set(replayed(older, 2)))
    }

    @Test func everyOlderPairIsAsLikelyAsAnother() {
        var counts: [String: Int] = [:]
        for seed in 0..<500 as Range<UInt64> {
            for id in select(
                new: new, older: older, replayShare: 0.4, limit: 512, seed: seed
            ).replayed { counts[id, default: 0] += 1 }
        }
        // 40 of 200 in 500 rounds: expected 100, standard deviation 9.
        #expect(counts.count == 200)
        #expect(counts.values.allSatisfy { $0 > 55 && $0 < 145 })
    }

    @Test func theSampleIsTheLowestRanksOfAllHoweverManyThereAre() {
        let many = (0..<5_000).map { "old-\($0)" }
        let few = select(new: new, older: many, replayShare: 0.1, limit: 100, seed: 4).replayed
        let more = select(new: new, older: many, replayShare: 0.4, limit: 20_000, seed: 4).replayed
        #expect(few.count == 7)
        #expect(few == Array(more.prefix(7)))
    }

    @Test func nothingOccursTwice() {
        let window = select(
            new: ["a", "b", "a"], older: ["b", "c", "c"], replayShare: 0.5, limit: 10, seed: 3)
        #expect(window.new == ["a", "b"])
        #expect(window.replayed == ["c"])
    }

    @Test func withoutOlderPairsTheWholeWindowIsNew() {
        let window = select(
            new: new, older: [], replayShare: 0.4, limit: 50, seed: 1)
        #expect(window.new.count == 50)
        #expect(window.replayed.isEmpty)
    }
}
