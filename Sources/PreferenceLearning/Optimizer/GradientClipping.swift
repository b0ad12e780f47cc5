/// Scales a gradient back to a largest L2 norm over all its elements.
///
/// `g ← g·min(1, c/(‖g‖₂ + 1e-6))`, the sum of squares in Double.
///
/// - Returns: the norm before clipping; not finite if the gradient is not, which is then left as it
///   was.
/// - Source: PyTorch's `clip_grad_norm_`.
package func clip(_ gradient: inout [Float], toNorm largest: Double) -> Double {
    var squares = 0.0
    for element in gradient { squares += Double(element) * Double(element) }
    let norm = squares.squareRoot()
    let scale = largest / (norm + 1e-6)
    if norm.isFinite, scale < 1 {
        let factor = Float(scale)
        for index in gradient.indices { gradient[index] *= factor }
    }
    return norm
}
