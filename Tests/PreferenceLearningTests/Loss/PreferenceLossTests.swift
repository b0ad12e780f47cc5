import Foundation
import LanguageModel
import PreferenceLearning
import Testing

@Suite struct PreferenceLossTests {
    static let losses: [PreferenceLoss] = [
        PreferenceLoss(),
        PreferenceLoss(objective: .dpo(beta: 0.5), labelSmoothing: 0.1),
        PreferenceLoss(nllCoefficient: 0.7),
        PreferenceLoss(objective: .simpo(beta: 2.5, gamma: 0.6)),
        PreferenceLoss(
            objective: .simpo(beta: 2.5, gamma: 0.6), labelSmoothing: 0.1, nllCoefficient: 0.2),
    ]

    @Test func equalPolicyAndReferenceGiveLogTwoAndHalfBeta() {
        let logps = PairLogps(chosen: -31, rejected: -47, chosenTokens: 9, rejectedTokens: 12)
        let value = PreferenceLoss(objective: .dpo(beta: 0.1))(policy: logps, reference: logps)
        #expect(value.loss == log(2))
        #expect(value.chosenGradient == -0.05)
        #expect(value.rejectedGradient == 0.05)
    }

    @Test func followsTheEquationByHand() {
        let reference = PairLogps(chosen: -10, rejected: -20, chosenTokens: 5, rejectedTokens: 4)
        let policy = reference.moved(chosen: 3, rejected: -1)
        // Δ = 4, z = 2
        let value = PreferenceLoss(objective: .dpo(beta: 0.5))(
            policy: policy, reference: reference)
        #expect(close(value.loss, log(1 + exp(-2.0)), 1e-15))
        #expect(close(value.chosenGradient, -0.5 / (1 + exp(2.0)), 1e-15))
        // z = 2.5·(−7/5 + 21/4) − 0.6 = 9.025
        let simpo = PreferenceLoss(objective: .simpo(beta: 2.5, gamma: 0.6))(
            policy: policy, reference: reference)
        #expect(close(simpo.loss, log1p(exp(-9.025)), 1e-15))
        #expect(close(simpo.rejectedGradient, 2.5 / 4 / (1 + exp(9.025)), 1e-15))
    }

    @Test(arguments: losses) func gradientMatchesFiniteDifference(loss: PreferenceLoss) {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<50 {
            let reference = PairLogps.sample(&generator)
            let policy = PairLogps.sample(&generator)
            let value = loss(policy: policy, reference: reference)
            let error = GradientCheck.relativeError(
                of: [value.chosenGradient, value.rejectedGradient],
                at: [policy.chosen, policy.rejected]
            ) {
                var moved = policy
                (moved.chosen, moved.rejected) = ($0[0], $0[1])
                return loss(policy: moved, reference: reference).loss
            }
            #expect(error < 1e-6, "seed 7: \(policy) \(reference)")
        }
    }

    @Test func aWrongGradientIsCaught() {
        let reference = PairLogps(chosen: -10, rejected: -20, chosenTokens: 5, rejectedTokens: 4)
        let policy = reference.moved(chosen: 1, rejected: 2)
        let loss = PreferenceLoss(nllCoefficient: 0.5)
        let value = loss(policy: policy, reference: reference)
        let right = [value.chosenGradient, value.rejectedGradient]
        func error(_ gradient: [Double]) -> Double {
            GradientCheck.relativeError(of: gradient, at: [policy.chosen, policy.rejected]) {
                var moved = policy
                (moved.chosen, moved.rejected) = ($0[0], $0[1])
                return loss(policy: moved, reference: reference).loss
            }
        }
        #expect(error(right) < 1e-6)
        #expect(error([right[0] * 1.001, right[1]]) > 1e-5)
        #expect(error([right[0], -right[1]]) > 1e-5)
        #expect(error([right[1], right[0]]) > 1e-5)
        #expect(error([right[0] + loss.nllCoefficient / 5, right[1]]) > 1e-5)
    }

    struct Golden: Decodable {
        struct Objective: Decodable {
            let kind: String
            let beta, gamma, labelSmoothing, nll: Double

            var loss: PreferenceLoss {
                PreferenceLoss(
                    objective: kind == "dpo" ? .dpo(beta: beta) : .simpo(beta: beta, gamma: gamma),
                    labelSmoothing: labelSmoothing, nllCoefficient: nll)
            }
        }

        struct Pair: Decodable {
            let objective: Objective
            let policy, reference: [Double]
            let lengths: [Int]
            let loss: Double
            let gradient: [Double]
        }

        struct Rating: Decodable {
            let beta, labelSmoothing: Double
            let liked: Bool
            let policy, reference: Double
            let length: Int
            let loss, gradient: Double
        }

        let pairs: [Pair]
        let ratings: [Rating]
    }

    @Test func ratedResponsesAgreeWithPyTorch() throws {
        let golden = try Fixture.load("loss", as: Golden.self)
        #expect(golden.ratings.count == 12)
        for rating in golden.ratings {
            func logps(_ sum: Double) -> PairLogps {
                rating.liked
                    ? PairLogps(
                        chosen: sum, rejected: 0, chosenTokens: rating.length, rejectedTokens: 0)
                    : PairLogps(
                        chosen: 0, rejected: sum, chosenTokens: 0, rejectedTokens: rating.length)
            }
            let loss = PreferenceLoss(
                objective: .dpo(beta: rating.beta), labelSmoothing: rating.labelSmoothing)
            let value = loss(policy: logps(rating.policy), reference: logps(rating.reference))
            #expect(close(value.loss, rating.loss, 1e-13))
            let gradients = [value.chosenGradient, value.rejectedGradient]
            #expect(
                close(
                    gradients, rating.liked ? [rating.gradient, 0] : [0, rating.gradient], 1e-13))
        }
    }

    /// A thumb pushes its response the right way, and less the further it has gone.
    @Test func aRatingPushesLessAndLess() {
        let loss = PreferenceLoss(nllCoefficient: 0)
        let reference = PairLogps(chosen: -40, rejected: 0, chosenTokens: 20, rejectedTokens: 0)
        var last = loss(policy: reference, reference: reference).chosenGradient
        #expect(last == -0.1 * 0.25)
        for step in 1...10 {
            let policy = reference.moved(chosen: 3 * Double(step))
            let gradient = loss(policy: policy, reference: reference).chosenGradient
            #expect(gradient < 0 && gradient > last)
            last = gradient
        }
    }

    @Test func agreesWithPyTorch() throws {
        let golden = try Fixture.load("loss", as: Golden.self)
        #expect(golden.pairs.count == 25)
        for pair in golden.pairs {
            func logps(_ values: [Double]) -> PairLogps {
                PairLogps(
                    chosen: values[0], rejected: values[1], chosenTokens: pair.lengths[0],
                    rejectedTokens: pair.lengths[1])
            }
            let value = pair.objective.loss(
                policy: logps(pair.policy), reference: logps(pair.reference))
            #expect(close(value.loss, pair.loss, 1e-13))
            #expect(close([value.chosenGradient, value.rejectedGradient], pair.gradient, 1e-13))
        }
    }

    @Test(arguments: losses.filter { $0.labelSmoothing == 0 })
    func raisingTheChosenResponseNeverRaisesTheLoss(loss: PreferenceLoss) {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<100 {
            let reference = PairLogps.sample(&generator, spread: 200)
            let policy = PairLogps.sample(&generator, spread: 200)
            let before = loss(policy: policy, reference: reference)
            let after = loss(policy: policy.moved(chosen: 1), reference: reference)
            #expect(after.loss <= before.loss)
            #expect(before.chosenGradient <= 0 && before.rejectedGradient >= 0)
        }
    }

    @Test func halfWrongLabelsTeachNothingAtZeroMargin() {
        let logps = PairLogps(chosen: -3, rejected: -4, chosenTokens: 2, rejectedTokens: 2)
        let value = PreferenceLoss(labelSmoothing: 0.5)(policy: logps, reference: logps)
        #expect(value.chosenGradient == 0)
    }
}
