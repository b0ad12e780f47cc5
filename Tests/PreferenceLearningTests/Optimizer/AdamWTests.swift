import PreferenceLearning
import Testing

@Suite struct AdamWTests {
    struct Golden: Decodable {
        struct Run: Decodable {
            struct Step: Decodable {
                let gradient: [Float]
                let norm, learningRate: Double
                let parameters: [Float]
            }

            let weightDecay: Double
            let start: [Float]
            let steps: [Step]
        }

        let peak, warmupShare, finalShare: Double
        let runs: [Run]
    }

    /// Clipping, schedule and update together, as a round uses them.
    @Test func tenStepsAgreeWithPyTorch() throws {
        let golden = try Fixture.load("adamw", as: Golden.self)
        var clipped = 0
        for run in golden.runs {
            let schedule = LearningRateSchedule(
                peak: golden.peak, steps: run.steps.count, warmupShare: golden.warmupShare,
                finalShare: golden.finalShare)
            var parameters = run.start
            var optimizer = AdamW<Float>(
                parameterCount: parameters.count, settings: .init(weightDecay: run.weightDecay))
            for (index, step) in run.steps.enumerated() {
                var gradient = step.gradient
                let norm = clip(&gradient, toNorm: 1)
                if norm > 1 { clipped += 1 }
                #expect(close(norm / step.norm, 1, 1e-6))
                #expect(close(schedule.rate(at: index) / step.learningRate, 1, 1e-12))
                optimizer.update(
                    &parameters, gradient: gradient, learningRate: schedule.rate(at: index))
                // Both round in float32, in a different order: a few units in the last place.
                for (found, expected) in zip(parameters, step.parameters) {
                    #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)))
                }
            }
            #expect(optimizer.step == run.steps.count)
        }
        #expect(clipped > 0 && clipped < 20, "the golden has steps of both kinds")
    }

    /// With bias correction the first step is `η·g/(|g| + ε)` whatever the gradient's size.
    @Test func firstStepIsTheSignTimesTheLearningRate() {
        for size in [1e-4, 1.0, 1e6] {
            var parameters = [1.0, 1.0, 1.0]
            var optimizer = AdamW<Double>(parameterCount: 3, settings: .init())
            optimizer.update(&parameters, gradient: [size, -size, 0], learningRate: 0.01)
            #expect(close(parameters, [0.99, 1.01, 1], 1e-6))
        }
    }

    @Test func weightDecayIsDecoupledFromTheGradient() {
        var parameters = [2.0]
        var optimizer = AdamW<Double>(
            parameterCount: 1, settings: .init(weightDecay: 0.1))
        optimizer.update(&parameters, gradient: [0], learningRate: 0.5)
        #expect(close(parameters[0], 2 * (1 - 0.5 * 0.1), 1e-15))
        #expect(optimizer.firstMoment == [0] && optimizer.secondMoment == [0])
    }

    @Test func findsTheMinimumOfABowl() {
        var parameters = [3.0, -4.0]
        var optimizer = AdamW<Double>(parameterCount: 2, settings: .init())
        for _ in 0..<2000 {
            optimizer.update(
                &parameters, gradient: [2 * (parameters[0] - 1), 20 * (parameters[1] + 2)],
                learningRate: 0.01)
        }
        #expect(abs(parameters[0] - 1) < 0.02 && abs(parameters[1] + 2) < 0.02)
    }

    @Test func continuesFromItsMoments() {
        let gradient: [Float] = [0.3, -0.2, 0.9]
        var whole: [Float] = [1, 2, 3]
        var optimizer = AdamW<Float>(
            parameterCount: 3, settings: .init(weightDecay: 0.01))
        optimizer.update(&whole, gradient: gradient, learningRate: 0.1)
        var parted = whole
        var resumed = AdamW<Float>(
            settings: optimizer.settings, step: optimizer.step,
            firstMoment: optimizer.firstMoment, secondMoment: optimizer.secondMoment)
        optimizer.update(&whole, gradient: gradient, learningRate: 0.1)
        resumed.update(&parted, gradient: gradient, learningRate: 0.1)
        #expect(parted == whole)
        #expect(resumed == optimizer)
    }
}
