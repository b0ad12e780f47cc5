import LanguageModel
import PreferenceLearning
import Testing

@Suite struct ClusterBootstrapTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            let values: [Double]
            let keys: [String]
            let mean, lower, upper, deviation: Double
        }

        let cases: [Case]
    }

    /// With 20,000 resamples an end of the interval has a standard error near 0.02 standard
    /// deviations of the mean.
    @Test func intervalAgreesWithNumPy() throws {
        for golden in try Fixture.load("gate_bootstrap", as: Golden.self).cases {
            let interval = try #require(
                ClusterBootstrap(resamples: 20_000, seed: 4).interval(
                    of: golden.values, clusteredBy: golden.keys))
            #expect(close(interval.mean, golden.mean, 1e-13))
            #expect(abs(interval.lower - golden.lower) < 0.1 * golden.deviation)
            #expect(abs(interval.upper - golden.upper) < 0.1 * golden.deviation)
            #expect(interval.clusters == Set(golden.keys).count)
        }
    }

    /// 300 seeded experiments; a 95 % interval of 40 clusters misses the truth in about 6 % of
    /// them.
    @Test func coversTheTrueMeanAsOftenAsItSays() {
        var covered = 0
        for experiment in 0..<300 as Range<UInt64> {
            var generator = SeededGenerator(seed: 100 + experiment)
            var values: [Double] = []
            var keys: [String] = []
            for cluster in 0..<40 {
                let centre = generator.uniform() - 0.5
                for _ in 0..<(1 + generator.below(5)) {
                    values.append(centre + generator.uniform() - 0.5)
                    keys.append("\(cluster)")
                }
            }
            let interval = ClusterBootstrap(resamples: 500, seed: experiment).interval(
                of: values, clusteredBy: keys)!
            if interval.lower <= 0 && 0 <= interval.upper { covered += 1 }
        }
        #expect(covered > 270 && covered < 297, "\(covered) of 300")
    }

    @Test func repeatingAPromptsPairsAddsNoEvidence() throws {
        let values = [0.5, -0.2, 0.9, 0.1, 0.4, -0.6, 0.3, 0.8]
        let keys = (0..<8).map { "prompt \($0)" }
        let bootstrap = ClusterBootstrap(seed: 1)
        let once = try #require(bootstrap.interval(of: values, clusteredBy: keys))
        let tenTimes = try #require(
            bootstrap.interval(
                of: Array(repeatElement(values, count: 10).joined()),
                clusteredBy: Array(repeatElement(keys, count: 10).joined())))
        #expect(close(tenTimes.lower, once.lower, 1e-12))
        #expect(close(tenTimes.upper, once.upper, 1e-12))
        let apart = try #require(
            bootstrap.interval(
                of: Array(repeatElement(values, count: 10).joined()),
                clusteredBy: (0..<80).map { "\($0)" }))
        #expect(apart.upper - apart.lower < 0.5 * (once.upper - once.lower))
    }

    @Test func orderOfPairsDoesNotMatter() throws {
        let values = [1.0, 2, 4, 8, 16]
        let keys = ["a", "b", "a", "c", "b"]
        let bootstrap = ClusterBootstrap(seed: 7)
        let first = try #require(bootstrap.interval(of: values, clusteredBy: keys))
        let second = try #require(
            bootstrap.interval(of: values.reversed(), clusteredBy: keys.reversed()))
        #expect(first == second)
    }

    @Test func nothingGivesNoInterval() {
        #expect(ClusterBootstrap().interval(of: [], clusteredBy: []) == nil)
    }
}
