import Foundation

/// Watches a promoted model on feedback that came after its promotion.
///
/// Each new prompt is a bet that the new model prefers the chosen answer less than the model before
/// it: `x = 0` if it does, 1 if it does not, ½ for neither. A gambler who puts the share `λ/2` of the
/// stake on that bet has `E = Π (1 + λ·(½ − x))` in the end; the check takes the mean over several λ.
/// If the new model is no worse (`x` is ½ or more on average, whatever came before), the stake ever
/// grows to `1/α` with a probability of at most α, so the check may look after every answer and stop
/// when it likes.
///
/// "No worse" supposes that both answers of a pair come from the same kind of source. A text of the
/// new model's own on the rejected side is likelier under it for that alone; such pairs are not to be
/// given here.
///
/// - Source: Ville's inequality; Waudby-Smith & Ramdas 2024, arXiv:2010.09686 (betting); Ramdas et
///   al. 2023, arXiv:2210.01948 (e-processes).
public struct SequentialCheck: Sendable {
    /// 1 − α.
    public var confidence: Double

    private static let shares: [Double] = [0.25, 0.5, 1, 1.5]

    public init(confidence: Double) {
        self.confidence = confidence
    }

    /// The name of the decision's one check.
    static let name = "new feedback"

    /// Judges all that has come so far, in the order it came.
    ///
    /// - Parameters:
    ///   - changes: how much each pair's margin grew from the model before to the new one, nats.
    ///   - keys: the pairs' prompts; of a prompt the first pair counts, and what came later changes no
    ///     bet that has been made.
    /// - Returns: verdict `keep`, which means the model before, when the new one is worse;
    ///   `insufficientEvidence` until then: nothing is ever proved in its favour.
    public func decide(_ changes: [Double], clusteredBy keys: [String]) -> GateDecision {
        precondition(changes.count == keys.count, "every change needs the name of its prompt")
        var seen: Set<String> = []
        let bets = zip(changes, keys).filter { seen.insert($0.1).inserted }.map(\.0)
        var stakes = Self.shares.map { _ in 1.0 }
        var highest = 1.0
        for change in bets {
            let outcome = change < 0 ? 0 : change > 0 ? 1 : 0.5
            for index in stakes.indices {
                stakes[index] *= 1 + Self.shares[index] * (0.5 - outcome)
            }
            highest = max(highest, stakes.reduce(0, +) / Double(stakes.count))
        }
        let bound = 1 / (1 - confidence)
        let isWorse = highest >= bound
        let worse = bets.count { $0 < 0 }
        let text =
            "Of \(bets.count) prompts with new feedback, \(worse) have the preferred answer ranked"
            + " lower than by the head before; the evidence against the head is"
            + String(format: " %.3g of %.3g.", highest, bound)
        let check = GateCheck(
            name: Self.name, value: highest, bound: bound, comparison: .atMost,
            outcome: isWorse ? .failed : .undecided, explanation: text)
        return GateDecision(
            verdict: isWorse ? .keep : .insufficientEvidence, checks: [check],
            explanation: isWorse ? "The head before is back: new feedback turned. \(text)" : text)
    }
}
