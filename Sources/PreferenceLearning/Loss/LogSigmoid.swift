import Foundation

/// The logistic function `1/(1 + exp(−x))`.
///
/// - Edge cases: exact 0 and 1 in the limits; never overflows. NaN propagates.
package func sigmoid(_ x: Double) -> Double {
    // One exponential of a non-positive number: neither branch can overflow.
    let small = exp(-abs(x))
    return x >= 0 ? 1 / (1 + small) : small / (1 + small)
}

/// `log σ(x)`, computed as `min(x, 0) − log1p(exp(−|x|))` so that large arguments neither overflow
/// nor round to `log 0`.
///
/// - Postconditions: at most 0; `logSigmoid(x) − logSigmoid(−x) == x` up to rounding.
/// - Edge cases: NaN propagates.
package func logSigmoid(_ x: Double) -> Double {
    // `min` of the standard library does not promise to pass NaN on, but log1p(exp(NaN)) does.
    min(x, 0) - log1p(exp(-abs(x)))
}
