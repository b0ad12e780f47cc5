import Foundation
import LanguageModel
import PreferenceLearning
import Testing

@Suite struct MetaLearnerTrainerTests {
    private func configuration(
        _ initialization: MetaLearnerConfiguration.Initialization = .reference,
        batchesPerUpdate: Int = 8
    ) -> MetaLearnerConfiguration {
        var configuration = MetaLearnerConfiguration()
        configuration.initialization = initialization
        configuration.batchesPerUpdate = batchesPerUpdate
        return configuration
    }

    /// The parameters of each hidden unit: inner weight, bias, outer weight.
    private func units(_ learner: MetaLearner) -> [[Double]] {
        (0..<100).map {
            [learner.parameters[$0], learner.parameters[100 + $0], learner.parameters[200 + $0]]
        }
    }

    @Test func updatesAgreeWithPyTorch() throws {
        for run in try Fixture.load("meta_learner", as: MetaLearnerTests.Golden.self).runs {
            var trainer = MetaLearnerTrainer(
                configuration: configuration(batchesPerUpdate: 1),
                learner: MetaLearner(parameters: run.parameters))
            for update in run.updates {
                let observed = trainer.observe(update.metaSamples)
                let done = try #require(observed)
                #expect(close(done.metaLoss, update.loss, 1e-12))
                #expect(
                    close(trainer.learner.parameters, update.parameters, 1e-12), "\(run.name)")
            }
        }
    }

    @Test func stepsOnceForEveryEightBatchesAndEmptiesTheBuffer() throws {
        var trainer = MetaLearnerTrainer(configuration: configuration(), seed: 1)
        let start = trainer.learner
        let samples = MetaLearnerTests.samples(64, seed: 1)
        for batch in 0..<7 {
            #expect(trainer.observe(Array(samples[batch * 4..<batch * 4 + 4])) == nil)
            #expect(trainer.observe([]) == nil, "a batch without both sides is not counted")
            #expect(trainer.learner == start)
        }
        let eighth = trainer.observe(Array(samples[28..<32]))
        let first = try #require(eighth)
        #expect(first.samples == 32)
        #expect(close(first.metaLoss, start.metaLoss(of: Array(samples[..<32])).loss, 1e-15))
        #expect(trainer.learner != start)
        let second = trainer.learner
        for batch in 8..<15 {
            #expect(trainer.observe(Array(samples[batch * 4..<batch * 4 + 4])) == nil)
        }
        let sixteenth = trainer.observe(Array(samples[60...]))
        let update = try #require(sixteenth)
        #expect(update.samples == 32)
        #expect(close(update.metaLoss, second.metaLoss(of: Array(samples[32...])).loss, 1e-15))
    }

    @Test func referenceUnitsStayEqualForEver() {
        var trainer = MetaLearnerTrainer(
            configuration: configuration(batchesPerUpdate: 1), seed: 1)
        for seed in 0..<300 as Range<UInt64> {
            _ = trainer.observe(MetaLearnerTests.samples(16, seed: seed))
        }
        let all = units(trainer.learner)
        #expect(all.allSatisfy { $0 == all[0] })
        #expect(all[0] != [0.1, 0, 0.1], "they did move, together")
    }

    @Test func brokenSymmetryLetsUnitsPart() {
        var trainer = MetaLearnerTrainer(
            configuration: configuration(.brokenSymmetry, batchesPerUpdate: 1), seed: 1)
        func distinctMoves(from start: [[Double]]) -> Int {
            Set(
                zip(units(trainer.learner), start).map { unit, start in
                    zip(unit, start).map { ($0 - $1) * 1e9 }.map { $0.rounded() }
                }
            ).count
        }
        let start = units(trainer.learner)
        #expect(Set(start).count > 90)
        for seed in 0..<300 as Range<UInt64> {
            _ = trainer.observe(MetaLearnerTests.samples(16, seed: seed))
        }
        #expect(distinctMoves(from: start) > 90)
    }

    @Test(arguments: [(2.0, 0.5, false), (0.5, 2.0, true)])
    func weightFollowsTheSideThatIsEasierToFit(
        offline: Double, online: Double, rises: Bool
    ) {
        var trainer = MetaLearnerTrainer(
            configuration: configuration(batchesPerUpdate: 1), seed: 1)
        let before = trainer.learner(-0.7)
        for _ in 0..<20 {
            _ = trainer.observe([
                MetaSample(score: -0.7, offlineLoss: offline, onlineLoss: online)
            ])
        }
        #expect((trainer.learner(-0.7) > before) == rises)
        #expect(trainer.learner(-0.7) != before)
    }

    @Test func survivesEncodingToTheLastBit() throws {
        var trainer = MetaLearnerTrainer(configuration: configuration(.brokenSymmetry), seed: 9)
        for seed in 0..<11 as Range<UInt64> {
            _ = trainer.observe(MetaLearnerTests.samples(5, seed: seed))
        }
        var copy = try JSONDecoder().decode(
            MetaLearnerTrainer.self, from: try JSONEncoder().encode(trainer))
        #expect(copy == trainer)
        for seed in 20..<40 as Range<UInt64> {
            let batch = MetaLearnerTests.samples(5, seed: seed)
            #expect(copy.observe(batch) == trainer.observe(batch))
        }
        #expect(copy == trainer)
    }

    /// A peer's checkpoint brings one, and nothing in it may trap.
    @Test func aDamagedEncodingIsRefused() throws {
        var settings = configuration()
        settings.learningRate = 0.25
        var trainer = MetaLearnerTrainer(configuration: settings, seed: 9)
        _ = trainer.observe([MetaSample(score: -0.5, offlineLoss: 1.5, onlineLoss: 0.75)])
        let whole = String(decoding: try JSONEncoder().encode(trainer), as: UTF8.self)
        for (part, damaged) in [
            (#""parameters":["#, #""parameters":[1,"#),
            (#""firstMoment":["#, #""firstMoment":[1,"#),
            (#""secondMoment":["#, #""secondMoment":[1,"#),
            (#""step":0"#, #""step":-1"#),
            (#""step":0"#, #""step":9223372036854775807"#),
            (#""firstMoment":[0"#, #""firstMoment":[1e999"#),
            (#""secondMoment":[0"#, #""secondMoment":[-1"#),
            (#""bufferedBatches":1"#, #""bufferedBatches":9223372036854775807"#),
            (#""bufferedBatches":1"#, #""bufferedBatches":-1"#),
            (#""bufferedBatches":1"#, #""bufferedBatches":0"#),
            (#""bufferedBatches":1"#, #""bufferedBatches":8"#),
            (#""bufferedBatches":1"#, #""bufferedBatches":2"#),
            (#""batchesPerUpdate":8"#, #""batchesPerUpdate":0"#),
            (#""batchesPerUpdate":8"#, #""batchesPerUpdate":-9223372036854775808"#),
            (#""learningRate":0.25"#, #""learningRate":-1"#),
            (#""epsilon":"#, #""epsilon":-"#),
            (#""score":-0.5"#, #""score":-1e300"#),
            (#""offlineLoss":1.5"#, #""offlineLoss":-1"#),
            (#""onlineLoss":0.75"#, #""onlineLoss":1e300"#),
            (#""onlineLoss":0.75"#, #""onlineLoss":"NaN""#),
            (#""batchesPerUpdate""#, #""batches""#),
        ] {
            #expect(whole.contains(part))
            let json = Data(whole.replacing(part, with: damaged).utf8)
            #expect(throws: DecodingError.self, "\(part)") {
                try JSONDecoder().decode(MetaLearnerTrainer.self, from: json)
            }
        }
    }
}
