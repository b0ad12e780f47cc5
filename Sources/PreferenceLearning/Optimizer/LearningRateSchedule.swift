import Foundation

/// Linear warm-up, then a cosine from the peak to a share of it.
///
/// With `W = ⌈warmupShare·steps⌉`: step `t < W` has `peak·(t + 1)/W`; later ones
/// `floor + (peak − floor)·(1 + cos(π·(t − W)/(steps − W)))/2`, floor `= finalShare·peak`.
///
/// - Postconditions: never zero while the peak is not; the first step after warm-up has the peak.
public struct LearningRateSchedule: Hashable, Sendable {
    public let peak: Double
    public let steps: Int
    public let warmupSteps: Int
    public let finalShare: Double

    public init(peak: Double, steps: Int, warmupShare: Double, finalShare: Double) {
        self.peak = peak
        self.steps = steps
        self.finalShare = finalShare
        warmupSteps = Int((warmupShare * Double(steps)).rounded(.up))
    }

    /// The learning rate of a step, counted from 0.
    public func rate(at step: Int) -> Double {
        guard step >= warmupSteps else { return peak * Double(step + 1) / Double(warmupSteps) }
        let progress = Double(step - warmupSteps) / Double(max(steps - warmupSteps, 1))
        let floor = finalShare * peak
        return floor + (peak - floor) * (1 + cos(.pi * min(progress, 1))) / 2
    }
}
