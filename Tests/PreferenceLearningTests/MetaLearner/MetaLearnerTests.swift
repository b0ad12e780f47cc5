import Foundation
import LanguageModel
import PreferenceLearning
import Testing

@Suite struct MetaLearnerTests {
    struct Golden: Decodable {
        struct Run: Decodable {
            struct Update: Decodable {
                let samples: [[Double]]
                let loss: Double
                let gradient, parameters: [Double]

                var metaSamples: [MetaSample] {
                    samples.map {
                        MetaSample(score: $0[0], offlineLoss: $0[1], onlineLoss: $0[2])
                    }
                }
            }

            let name: String
            let parameters, scores, weights: [Double]
            let updates: [Update]
        }

        let runs: [Run]
    }

    static func samples(_ count: Int, seed: UInt64) -> [MetaSample] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            MetaSample(
                score: -3 * generator.uniform(), offlineLoss: 2 * generator.uniform(),
                onlineLoss: 2 * generator.uniform())
        }
    }

    @Test func hasThreeHundredAndOneParameters() {
        #expect(MetaLearner.parameterCount == 301)
        #expect(MetaLearner(initialization: .reference, seed: 1).parameters.count == 301)
    }

    @Test func referenceWeightAtZeroMarginIsAThird() {
        let learner = MetaLearner(initialization: .reference, seed: 1)
        let weight = learner(log(0.5))
        #expect(abs(weight - 0.3336) < 5e-5)
        // σ(10·tanh(0.1·log ½))
        #expect(close(weight, 1 / (1 + exp(-10 * tanh(0.1 * log(0.5)))), 1e-13))
        #expect(learner(0) == 0.5)
    }

    @Test func agreesWithPyTorch() throws {
        for run in try Fixture.load("meta_learner", as: Golden.self).runs {
            let learner = MetaLearner(parameters: run.parameters)
            for (score, weight) in zip(run.scores, run.weights) {
                #expect(close(learner(score), weight, 1e-13), "\(run.name)")
            }
            var current = learner
            for update in run.updates {
                let (loss, gradient) = current.metaLoss(of: update.metaSamples)
                #expect(close(loss, update.loss, 1e-12), "\(run.name)")
                #expect(close(gradient, update.gradient, 1e-12), "\(run.name)")
                current = MetaLearner(parameters: update.parameters)
            }
        }
    }

    @Test(arguments: MetaLearnerConfiguration.Initialization.allCases)
    func gradientMatchesFiniteDifference(
        initialization: MetaLearnerConfiguration.Initialization
    ) {
        let learner = MetaLearner(initialization: initialization, seed: 5)
        let samples = Self.samples(40, seed: 11)
        let gradient = learner.metaLoss(of: samples).gradient
        let function = { MetaLearner(parameters: $0).metaLoss(of: samples).loss }
        #expect(
            GradientCheck.relativeError(
                of: gradient, at: learner.parameters, function: function) < 1e-6)
    }

    @Test func aWrongGradientIsCaught() {
        let learner = MetaLearner(initialization: .brokenSymmetry, seed: 5)
        let samples = Self.samples(40, seed: 12)
        let right = learner.metaLoss(of: samples).gradient
        for index in [0, 150, 250, 300] {
            var wrong = right
            wrong[index] *= 1.1
            let error = GradientCheck.relativeError(of: wrong, at: learner.parameters) {
                MetaLearner(parameters: $0).metaLoss(of: samples).loss
            }
            #expect(error > 1e-5, "parameter \(index)")
        }
        let error = GradientCheck.relativeError(
            of: right.map(-), at: learner.parameters
        ) { MetaLearner(parameters: $0).metaLoss(of: samples).loss }
        #expect(error > 1)
    }

    @Test(arguments: [0, 1, 2, 3] as [UInt64])
    func bothInitializationsAreTheSameFunctionWithinAThousandth(seed: UInt64) {
        let reference = MetaLearner(initialization: .reference, seed: seed)
        let broken = MetaLearner(initialization: .brokenSymmetry, seed: seed)
        #expect(broken != reference)
        for step in 0...4000 {
            let score = -0.025 * Double(step)
            #expect(abs(broken(score) - reference(score)) < 1e-3)
        }
    }

    @Test func weightGrowsWithTheScoreAtTheStart() {
        for initialization in MetaLearnerConfiguration.Initialization.allCases {
            let learner = MetaLearner(initialization: initialization, seed: 2)
            let weights = stride(from: -30.0, through: 0, by: 0.5).map { learner($0) }
            #expect(zip(weights, weights.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(weights.allSatisfy { $0 > 0 && $0 < 1 })
        }
    }
}
