import Foundation
import LanguageModel
import PreferenceLearning
import Testing

@Suite struct MetaWeightedLossTests {
    static let learner = MetaLearner(initialization: .reference, seed: 0)
    let objective = MetaWeightedLoss(
        pairLoss: PreferenceLoss(), scoreBeta: 1, learner: learner)

    struct Golden: Decodable {
        struct Item: Decodable {
            let scoreBeta: Double
            let policy, reference: [[Double]]
            let lengths: [[Int]]
            let score, weight, loss, offlineLoss, onlineLoss: Double
            let gradient: [Double]
        }

        let items: [Item]
    }

    @Test func agreesWithPyTorch() throws {
        for item in try Fixture.load("loss", as: Golden.self).items {
            func side(_ values: [[Double]], _ index: Int) -> PairLogps {
                PairLogps(
                    chosen: values[index][0], rejected: values[index][1],
                    chosenTokens: item.lengths[index][0], rejectedTokens: item.lengths[index][1])
            }
            let objective = MetaWeightedLoss(
                pairLoss: PreferenceLoss(), scoreBeta: item.scoreBeta, learner: Self.learner)
            let value = objective(
                policy: .both(offline: side(item.policy, 0), online: side(item.policy, 1)),
                reference: .both(
                    offline: side(item.reference, 0), online: side(item.reference, 1)))
            let sample = try #require(value.sample)
            #expect(close(sample.score, item.score, 1e-12))
            let weight = try #require(value.weight)
            #expect(close(weight, item.weight, 1e-12))
            #expect(close(value.loss, item.loss, 1e-12))
            #expect(close(sample.offlineLoss, item.offlineLoss, 1e-12))
            #expect(close(sample.onlineLoss, item.onlineLoss, 1e-12))
            let gradient = value.sides.values.flatMap { [$0.chosenGradient, $0.rejectedGradient] }
            #expect(close(gradient, item.gradient, 1e-12))
        }
    }

    /// The weight is held constant, so differences are taken at the weight of the unmoved point.
    @Test func gradientByFourLogProbabilitiesMatchesFiniteDifference() throws {
        var generator = SeededGenerator(seed: 21)
        for _ in 0..<50 {
            let policy = [PairLogps.sample(&generator), PairLogps.sample(&generator)]
            let reference = [PairLogps.sample(&generator), PairLogps.sample(&generator)]
            let value = objective(
                policy: .both(offline: policy[0], online: policy[1]),
                reference: .both(offline: reference[0], online: reference[1]))
            let weight = try #require(value.weight)
            let gradient = value.sides.values.flatMap { [$0.chosenGradient, $0.rejectedGradient] }
            let error = GradientCheck.relativeError(
                of: gradient, at: policy.flatMap { [$0.chosen, $0.rejected] }
            ) { x in
                var moved = policy
                (moved[0].chosen, moved[0].rejected) = (x[0], x[1])
                (moved[1].chosen, moved[1].rejected) = (x[2], x[3])
                return weight * objective.pairLoss(policy: moved[0], reference: reference[0]).loss
                    + (1 - weight)
                    * objective.pairLoss(policy: moved[1], reference: reference[1]).loss
            }
            #expect(error < 1e-6, "seed 21")
        }
    }

    @Test func pairWithoutOnlineSideHasTheWholeWeight() {
        var generator = SeededGenerator(seed: 3)
        let policy = PairLogps.sample(&generator)
        let reference = PairLogps.sample(&generator)
        let expected = objective.pairLoss(policy: policy, reference: reference)
        for value in [
            objective(policy: .offline(policy), reference: .offline(reference)),
            objective(policy: .online(policy), reference: .online(reference)),
        ] {
            #expect(value.loss == expected.loss)
            #expect(value.sides.values == [expected])
            #expect(value.sample == nil)
            #expect(value.weight == nil)
        }
    }

    /// The reference implementation puts the offline pair itself on the online side; the loss is
    /// the same.
    @Test func onlineSideEqualToTheOfflineOneChangesNothing() {
        var generator = SeededGenerator(seed: 4)
        let policy = PairLogps.sample(&generator)
        let reference = PairLogps.sample(&generator)
        let both = objective(
            policy: .both(offline: policy, online: policy),
            reference: .both(offline: reference, online: reference))
        let alone = objective(policy: .offline(policy), reference: .offline(reference))
        #expect(close(both.loss, alone.loss, 1e-15))
        let gradients = both.sides.values
        #expect(
            close(
                gradients[0].chosenGradient + gradients[1].chosenGradient,
                alone.sides.values[0].chosenGradient, 1e-15))
    }

    @Test func scoreIsLogHalfAtZeroMarginAndNeverPositive() {
        let logps = PairLogps(chosen: -5, rejected: -6, chosenTokens: 3, rejectedTokens: 3)
        #expect(objective.score(policy: logps, reference: logps) == -log(2))
        #expect(objective.score(policy: logps.moved(chosen: 900), reference: logps) <= 0)
        #expect(objective.score(policy: logps.moved(chosen: -900), reference: logps) == -900)
    }
}
