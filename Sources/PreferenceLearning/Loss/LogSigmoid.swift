import Foundation

/// The logistic function `σ(z) = 1/(1 + exp(−z))`.
///
/// - Edge cases: exact 0 and 1 in the limits; never overflows. NaN propagates.
package func sigmoid(_ logit: Double) -> Double {
    // One exponential of a non-positive number: neither branch can overflow.
    let small = exp(-abs(logit))
    return logit >= 0 ? 1 / (1 + small) : small / (1 + small)
}

/// `log σ(z)`, computed as `min(z, 0) − log1p(exp(−|z|))` so that large arguments neither overflow
/// nor round to `log 0`.
///
/// - Postconditions: at most 0; `logSigmoid(z) − logSigmoid(−z) == z` up to rounding.
/// - Edge cases: NaN propagates.
package func logSigmoid(_ logit: Double) -> Double {
    // `min` of the standard library does not promise to pass NaN on, but log1p(exp(NaN)) does.
    min(logit, 0) - log1p(exp(-abs(logit)))
}
