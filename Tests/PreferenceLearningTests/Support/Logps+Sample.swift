import LanguageModel
import PreferenceLearning

extension PairLogps {
    /// Log-probabilities in the range real pairs have.
    static func sample(_ generator: inout SeededGenerator, spread: Double = 8) -> PairLogps {
        PairLogps(
            chosen: -60 + spread * (generator.uniform() - 0.5),
            rejected: -70 + spread * (generator.uniform() - 0.5),
            chosenTokens: 20 + Int(generator.uniform() * 40),
            rejectedTokens: 20 + Int(generator.uniform() * 40))
    }

    func moved(chosen: Double = 0, rejected: Double = 0) -> PairLogps {
        var copy = self
        copy.chosen += chosen
        copy.rejected += rejected
        return copy
    }
}
