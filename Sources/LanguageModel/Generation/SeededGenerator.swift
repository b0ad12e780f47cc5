/// A small random number generator whose numbers are the same on every machine and release.
///
/// - Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"
///   (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator, Codable, Hashable, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    /// Starts stream number `stream` of a seed; streams of one seed look independent.
    public init(seed: UInt64, stream: UInt64) {
        state = Self.mixed(Self.mixed(seed) ^ Self.mixed(stream &+ Self.increment))
    }

    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mixed(state)
    }

    /// A number in [0, 1) with 53 random bits.
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number in `0..<bound` without bias.
    ///
    /// - Precondition: `bound > 0`.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0)
        let width = UInt64(bound)
        let unbiased = UInt64.max - UInt64.max % width
        while true {
            let draw = next()
            if draw < unbiased { return Int(draw % width) }
        }
    }

    /// Shuffles in place (Fisher and Yates); unlike the standard library's, its order never changes.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, below(last + 1))
        }
    }

    private static let increment: UInt64 = 0x9e37_79b9_7f4a_7c15

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
