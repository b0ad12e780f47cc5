import PreferenceLearning
import Testing

@Suite struct RoundWindowTests {
    private let new = (0..<60).map { "new-\($0)" }
    private let older = (0..<200).map { "old-\($0)" }

    @Test func replayMakesUpItsShareOfTheWindow() {
        let window = RoundWindow.select(
            new: new, older: older, replayShare: 0.4, limit: 512, seed: 1)
        #expect(window.new == new)
        #expect(window.replayed.count == 40)
        #expect(Set(window.replayed).isSubset(of: older))
        #expect(Set(window.replayed).count == 40)
    }

    @Test func theLimitHoldsForBothKindsTogether() {
        let window = RoundWindow.select(
            new: new, older: older, replayShare: 0.4, limit: 50, seed: 1)
        #expect(window.new == Array(new[..<30]), "the oldest come first")
        #expect(window.replayed.count == 20)
    }

    @Test func theSampleDependsOnTheSeedAndNotOnTheOrder() {
        func replayed(_ older: [String], _ seed: UInt64) -> [String] {
            RoundWindow.select(new: new, older: older, replayShare: 0.4, limit: 512, seed: seed)
                .replayed
        }
        #expect(replayed(older, 1) == replayed(older.reversed(), 1))
        #expect(Set(replayed(older, 1)) != Set(replayed(older, 2)))
    }

    @Test func everyOlderPairIsAsLikelyAsAnother() {
        var counts: [String: Int] = [:]
        for seed in 0..<500 as Range<UInt64> {
            for id in RoundWindow.select(
                new: new, older: older, replayShare: 0.4, limit: 512, seed: seed
            ).replayed { counts[id, default: 0] += 1 }
        }
        // 40 of 200 in 500 rounds: expected 100, standard deviation 9.
        #expect(counts.count == 200)
        #expect(counts.values.allSatisfy { $0 > 55 && $0 < 145 })
    }

    @Test func nothingOccursTwice() {
        let window = RoundWindow.select(
            new: ["a", "b", "a"], older: ["b", "c", "c"], replayShare: 0.5, limit: 10, seed: 3)
        #expect(window.new == ["a", "b"])
        #expect(window.replayed == ["c"])
    }

    @Test func withoutOlderPairsTheWholeWindowIsNew() {
        let window = RoundWindow.select(
            new: new, older: [], replayShare: 0.4, limit: 50, seed: 1)
        #expect(window.new.count == 50)
        #expect(window.replayed.isEmpty)
    }
}
