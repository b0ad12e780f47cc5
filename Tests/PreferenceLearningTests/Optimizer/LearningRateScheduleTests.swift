import PreferenceLearning
import Testing

@Suite struct LearningRateScheduleTests {
    @Test func risesLinearlyThenFallsToATenth() {
        let schedule = LearningRateSchedule(
            peak: 2, steps: 100, warmupShare: 0.03, finalShare: 0.1)
        #expect(schedule.warmupSteps == 3)
        #expect(close(schedule.rate(at: 0), 2.0 / 3, 1e-15))
        #expect(close(schedule.rate(at: 1), 4.0 / 3, 1e-15))
        #expect(schedule.rate(at: 2) == 2)
        #expect(schedule.rate(at: 3) == 2)
        let rates = (3..<100).map(schedule.rate)
        #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
        #expect(rates.allSatisfy { $0 >= 0.2 && $0 <= 2 })
        // Half-way down the cosine the rate is the mean of both ends.
        let even = LearningRateSchedule(peak: 2, steps: 100, warmupShare: 0, finalShare: 0.1)
        #expect(close(even.rate(at: 50), 1.1, 1e-14))
        #expect(close(schedule.rate(at: 100), 0.2, 1e-15))
    }

    @Test(arguments: [1, 2, 3, 7]) func aShortRoundStillLearns(steps: Int) {
        let schedule = LearningRateSchedule(
            peak: 1, steps: steps, warmupShare: 0.03, finalShare: 0.1)
        #expect((0..<steps).allSatisfy { schedule.rate(at: $0) > 0.1 })
        #expect(schedule.rate(at: 0) == 1)
    }
}
