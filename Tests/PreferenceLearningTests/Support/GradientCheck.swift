/// Compares an analytic gradient with central differences.
enum GradientCheck {
    /// The L2 distance of the two gradients over the larger norm.
    ///
    /// With steps of `1e-5·max(1, |x|)` and a smooth function the truncation error is near 1e-10
    /// and rounding near 1e-10 relative to the function's size, so a correct gradient gives less
    /// than 1e-7.
    static func relativeError(
        of gradient: [Double], at point: [Double], function: ([Double]) -> Double
    ) -> Double {
        var difference = 0.0
        var analytic = 0.0
        var numeric = 0.0
        for i in point.indices {
            let step = 1e-5 * max(1, abs(point[i]))
            var above = point
            var below = point
            above[i] += step
            below[i] -= step
            let slope = (function(above) - function(below)) / (above[i] - below[i])
            difference += (gradient[i] - slope) * (gradient[i] - slope)
            analytic += gradient[i] * gradient[i]
            numeric += slope * slope
        }
        return (difference / max(analytic, numeric, 1e-300)).squareRoot()
    }
}

/// `|a − b| ≤ tolerance·max(1, |b|)`
func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
}

func close(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { close($0, $1, tolerance) }
}
