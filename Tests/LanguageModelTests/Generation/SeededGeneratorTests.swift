import Foundation
import LanguageModel
import Testing

@Suite struct SeededGeneratorTests {
    /// The first outputs of SplitMix64 from state 0, as its authors' program prints them.
    @Test func numbersAreSplitMix64s() {
        var generator = SeededGenerator(seed: 0)
        let expected: [UInt64] = [
            0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f,
        ]
        #expect((0..<3).map { _ in generator.next() } == expected)
    }

    @Test func streamsOfASeedDiffer() {
        let firsts = (0..<1000).map { (stream: UInt64) in
            var generator = SeededGenerator(seed: 1, stream: stream)
            return generator.next()
        }
        #expect(Set(firsts).count == 1000)
    }

    @Test func aGeneratorContinuesAfterCoding() throws {
        var generator = SeededGenerator(seed: 5, stream: 2)
        _ = generator.next()
        var restored = try JSONDecoder().decode(
            SeededGenerator.self, from: JSONEncoder().encode(generator))
        #expect(generator.next() == restored.next())
    }

    @Test func uniformNumbersFillTheUnitInterval() {
        var generator = SeededGenerator(seed: 3)
        let draws = (0..<20_000).map { _ in generator.uniform() }
        #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(draws.reduce(0, +) / 20_000 - 0.5) < 0.01)
        let square = draws.reduce(0) { $0 + $1 * $1 } / 20_000
        #expect(abs(square - 1.0 / 3) < 0.01)
    }

    @Test func boundedNumbersAreEquallyFrequent() {
        var generator = SeededGenerator(seed: 4)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.below(7)] += 1 }
        let chiSquare = counts.reduce(0.0) { $0 + pow(Double($1) - 10_000, 2) / 10_000 }
        #expect(chiSquare < 22.5)  // 99.9 % of samples with 6 degrees of freedom
    }

    /// Pinned: stored rounds replay the order of their pairs.
    @Test func aShuffleIsAPermutationThatNeverChanges() {
        var generator = SeededGenerator(seed: 6)
        var order = Array(0..<8)
        generator.shuffle(&order)
        #expect(order.sorted() == Array(0..<8))
        #expect(order == [1, 5, 2, 6, 3, 7, 4, 0])
        var empty: [Int] = []
        generator.shuffle(&empty)
        #expect(empty.isEmpty)
    }
}
