import Foundation

/// Cosines and sines of the rotary angles, by position.
///
/// - Formula: pair `i` of a head at position `t` turns by `t · base^(−2i / dimensionCount)`.
/// - Source: Su et al. 2021, arXiv:2104.09864.
struct RotaryTable {
    let pairs: Int
    private let frequencies: [Double]
    /// `[positions, pairs]`
    private var cosines: [Float] = []
    private var sines: [Float] = []

    init(_ model: ModelConfiguration) {
        pairs = model.ropeDimensionCount / 2
        frequencies = (0..<pairs).map {
            pow(Double(model.ropeBase), -2 * Double($0) / Double(model.ropeDimensionCount))
        }
    }

    /// Makes the table cover the positions below `count`.
    mutating func extend(to count: Int) {
        for position in cosines.count / pairs..<max(count, cosines.count / pairs) {
            for frequency in frequencies {
                cosines.append(Float(cos(Double(position) * frequency)))
                sines.append(Float(sin(Double(position) * frequency)))
            }
        }
    }

    /// Calls `body` with the cosines and sines of a position that the table covers.
    func withAngles(
        at position: Int, _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void
    ) {
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                body(
                    cosines.baseAddress! + position * pairs, sines.baseAddress! + position * pairs)
            }
        }
    }
}
