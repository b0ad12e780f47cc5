import Foundation

/// The gate's rows, each a bound with what was measured against it.
struct GateChecks {
    let evidence: GateEvidence
    let configuration: GateConfiguration
    let seed: UInt64

    /// The row that decides whether preferences were learnt.
    static let marginName = "held-out margin"

    var all: [GateCheck] {
        [heldOutPrompts, margin, chosenLogp, divergence] + lengthRatio + [endOfTurn]
    }

    private var heldOutPrompts: GateCheck {
        let prompts = Set(evidence.heldOut.map(\.promptKey)).count
        let bound = configuration.minimumHeldOutPrompts
        let enough = prompts >= bound
        return GateCheck(
            name: "held-out prompts", value: Double(prompts), bound: Double(bound),
            comparison: .atLeast, outcome: enough ? .passed : .undecided,
            explanation: "\(prompts) held-out prompts, \(bound) are needed"
                + (enough ? "." : "; give more feedback."))
    }

    /// The whole interval above the bound shows the candidate to be as good; the whole interval
    /// below it, worse.
    private var margin: GateCheck {
        let interval = ClusterBootstrap(
            confidence: configuration.confidence, resamples: configuration.resamples, seed: seed
        ).interval(
            of: evidence.heldOut.map(\.marginChange),
            clusteredBy: evidence.heldOut.map(\.promptKey))
        let bound = -configuration.marginTolerance
        let name = Self.marginName
        guard let interval else {
            return GateCheck(
                name: name, value: nil, bound: bound, comparison: .atLeast, outcome: .undecided,
                explanation: "No held-out pair was measured; give more feedback.")
        }
        let outcome: GateCheck.Outcome =
            interval.lower >= bound ? .passed : interval.upper < bound ? .failed : .undecided
        let meaning =
            switch outcome {
            case .passed: "it does not get worse"
            case .failed: "it gets worse"
            case .undecided: "the sign is not certain"
            }
        return GateCheck(
            name: name, value: interval.lower, bound: bound, comparison: .atLeast,
            outcome: outcome,
            explanation: "The held-out margin changes by \(signed(interval.mean)) nats "
                + "(\(percent(interval.confidence)) interval \(signed(interval.lower)) to "
                + "\(signed(interval.upper)), \(interval.clusters) prompts): \(meaning).")
    }

    private var chosenLogp: GateCheck {
        let changes = evidence.heldOut.map(\.chosenChange)
        let mean = changes.isEmpty ? nil : changes.reduce(0, +) / Double(changes.count)
        return check(
            "chosen log-probability", mean, atLeast: configuration.chosenLogpFloor,
            "The mean log-probability of preferred answers changes by", unit: "nats")
    }

    private var divergence: GateCheck {
        let values = evidence.probeDivergences
        let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        return check(
            "KL to the base", mean, atMost: configuration.klBudget,
            "On neutral prompts the mean token KL to the base model is", unit: "nats")
    }

    private var lengthRatio: [GateCheck] {
        var ratio: Double?
        if let base = evidence.baseAnswers, let candidate = evidence.candidateAnswers,
            base.meanLength > 0
        {
            ratio = candidate.meanLength / base.meanLength
        }
        let text = "On neutral prompts the answers' length over the base model's is"
        return [
            check("length ratio, least", ratio, atLeast: configuration.minimumLengthRatio, text),
            check("length ratio, most", ratio, atMost: configuration.maximumLengthRatio, text),
        ]
    }

    private var endOfTurn: GateCheck {
        guard let base = evidence.baseAnswers, let candidate = evidence.candidateAnswers,
            !candidate.ended.isEmpty
        else {
            return check("end-of-turn rate", nil, atLeast: 0, "")
        }
        return check(
            "end-of-turn rate", candidate.endOfTurnRate,
            atLeast: base.endOfTurnRate - configuration.endOfTurnDrop,
            "The share of neutral prompts answered to the end (base model: "
                + "\(figure(base.endOfTurnRate))) is")
    }

    private func check(
        _ name: String, _ value: Double?, atLeast bound: Double, _ text: String, unit: String = ""
    ) -> GateCheck {
        bounded(name, value, bound, .atLeast, text, unit) { $0 >= bound }
    }

    private func check(
        _ name: String, _ value: Double?, atMost bound: Double, _ text: String, unit: String = ""
    ) -> GateCheck {
        bounded(name, value, bound, .atMost, text, unit) { $0 <= bound }
    }

    /// A value that is not a number passes no bound.
    private func bounded(
        _ name: String, _ value: Double?, _ bound: Double, _ comparison: GateCheck.Comparison,
        _ text: String, _ unit: String, holds: (Double) -> Bool
    ) -> GateCheck {
        guard let value else {
            return GateCheck(
                name: name, value: nil, bound: bound, comparison: comparison,
                outcome: .undecided, explanation: "The \(name) could not be measured.")
        }
        let words = comparison == .atLeast ? "least" : "most"
        let measured = unit.isEmpty ? figure(value) : "\(figure(value)) \(unit)"
        return GateCheck(
            name: name, value: value, bound: bound, comparison: comparison,
            outcome: holds(value) ? .passed : .failed,
            explanation: "\(text) \(measured); at \(words) \(figure(bound)) is allowed.")
    }

    private func figure(_ value: Double) -> String { String(format: "%.3g", value) }
    private func signed(_ value: Double) -> String { String(format: "%+.3g", value) }
    private func percent(_ value: Double) -> String { String(format: "%g %%", 100 * value) }
}
