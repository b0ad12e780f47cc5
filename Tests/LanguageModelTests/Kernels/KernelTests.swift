import CKernels
import Foundation
import LanguageModel
import Testing

/// Every implementation of the kernels this processor runs, against plain loops in double precision.
@Suite struct KernelTests {
    struct Implementation: Sendable, CustomTestStringConvertible {
        let kernels: attune_kernels
        var testDescription: String { String(cString: kernels.name) }
    }

    static let all: [Implementation] = (0..<3).compactMap { index in
        attune_kernels_at(index).map { Implementation(kernels: $0.pointee) }
    }
    private static let lengths = [1, 2, 7, 15, 16, 17, 31, 32, 48, 63, 64, 65, 100, 576]

    private func values(_ count: Int, seed: UInt64, within bound: Float = 2) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float(2 * generator.uniform() - 1) * bound }
    }

    private func expect(
        _ found: [Float], _ expected: [Double], within tolerance: Double = 1e-5,
        _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found.count == expected.count, sourceLocation: sourceLocation)
        let worst = zip(found, expected).reduce(0) {
            max($0, abs(Double($1.0) - $1.1) / max(1, abs($1.1)))
        }
        #expect(worst <= tolerance, comment, sourceLocation: sourceLocation)
    }

    @Test func thePlainImplementationIsAlwaysThere() {
        #expect(Self.all.last.map { String(cString: $0.kernels.name) } == "plain")
        #expect(attune_kernels_at(0) == attune_best_kernels())
    }

    @Test(arguments: all) func dotsAreSumsOfProducts(_ implementation: Implementation) {
        for columns in Self.lengths {
            for (rows, tokens) in [(1, 1), (4, 4), (5, 3), (7, 9), (3, 17)] {
                let w = values(rows * columns, seed: 1)
                let x = values(tokens * columns, seed: 2)
                var y = [Float](repeating: .nan, count: rows * tokens)
                implementation.kernels.dots(w, columns, rows, columns, x, columns, tokens, &y, rows)
                let expected = (0..<tokens).flatMap { token in
                    (0..<rows).map { row in
                        (0..<columns).reduce(0.0) {
                            $0 + Double(w[row * columns + $1]) * Double(x[token * columns + $1])
                        }
                    }
                }
                expect(y, expected, "\(rows)·\(tokens)·\(columns)")
            }
        }
    }

    /// Implementations with fused multiply-adds agree to the bit, whatever the batch.
    @Test func sumsDoNotDependOnBatchOrRegisterWidth() {
        let (rows, tokens, columns) = (13, 11, 100)
        let w = values(rows * columns, seed: 1)
        let x = values(tokens * columns, seed: 2)
        let results = Self.all.dropLast().map { implementation in
            var whole = [Float](repeating: .nan, count: rows * tokens)
            implementation.kernels.dots(w, columns, rows, columns, x, columns, tokens, &whole, rows)
            for row in 0..<rows {
                for token in 0..<tokens {
                    let one = implementation.kernels.dot(
                        Array(w[row * columns..<(row + 1) * columns]),
                        Array(x[token * columns..<(token + 1) * columns]), columns)
                    #expect(one == whole[token * rows + row])
                }
            }
            return whole
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test(arguments: all) func quantisedProductsUseDequantisedWeights(
        _ implementation: Implementation
    ) throws {
        let (rows, columns, tokens) = (9, 512, 6)
        let x = values(tokens * columns, seed: 3)
        for type in GGUFTensorType.allCases {
            let rowBytes = columns / type.blockSize * type.bytesPerBlock
            var generator = SeededGenerator(seed: UInt64(type.rawValue))
            // Below 0x40 everywhere, so that no scale is infinite or NaN.
            let bytes = (0..<rows * rowBytes).map { _ in UInt8(generator.next() >> 58) }
            var dequantised = [Float](repeating: 0, count: rows * columns)
            var y = [Float](repeating: .nan, count: rows * tokens)
            var scratch = [Float](repeating: 0, count: 4 * columns)
            bytes.withUnsafeBytes { bytes in
                attune_dequantize(
                    type.rawValue, bytes.baseAddress!, &dequantised, dequantised.count)
                implementation.kernels.multiply(
                    attune_rows(
                        bytes: bytes.baseAddress!, row_bytes: rowBytes, type: type.rawValue),
                    rows, columns, x, columns, tokens, &y, rows, &scratch)
            }
            var expected = [Float](repeating: .nan, count: rows * tokens)
            implementation.kernels.dots(
                dequantised, columns, rows, columns, x, columns, tokens, &expected, rows)
            #expect(y == expected, "\(type)")
            #expect(dequantised.contains { $0 != 0 })
        }
    }

    /// With `a` as it stands and transposed.
    @Test(arguments: all) func productsAreAdded(_ implementation: Implementation) {
        for columns in Self.lengths {
            for (rows, inner) in [(1, 8), (5, 1), (8, 190), (13, 3)] {
                let a = values(rows * inner, seed: 1)
                let b = values(inner * columns, seed: 2)
                let start = values(rows * columns, seed: 3)
                for (lda, step) in [(inner, 1), (1, rows)] {
                    var y = start
                    implementation.kernels.add_product(
                        rows, columns, inner, 0.5, a, lda, step, b, columns, &y, columns)
                    expect(
                        y,
                        (0..<rows * columns).map { place in
                            Double(start[place])
                                + 0.5
                                * (0..<inner).reduce(0) {
                                    $0 + Double(a[place / columns * lda + $1 * step])
                                        * Double(b[$1 * columns + place % columns])
                                }
                        }, "\(rows)·\(columns)·\(inner)")
                    var one = Array(start.suffix(columns))
                    a.withUnsafeBufferPointer { a in
                        implementation.kernels.add_product(
                            1, columns, inner, 0.5, a.baseAddress! + (rows - 1) * lda, lda, step, b,
                            columns, &one, columns)
                    }
                    #expect(one == Array(y.suffix(columns)), "a sum is the same alone")
                }
            }
        }
    }

    @Test(arguments: all) func halvesAreTheNearestAndMultiplyAsTheirValues(
        _ implementation: Implementation
    ) {
        let special: [Float] = [0, -0.0, 1e-8, 6e-8, 6.1e-5, 1, 65_504, 65_520, -1e9, 0.1, 2049]
        let x = special + values(90, seed: 4)
        var halves = [UInt16](repeating: 0xffff, count: 2 * x.count)
        implementation.kernels.to_halves(x, x.count, &halves, 2)
        let nearest = x.map { Float16(min(max($0, -65_504), 65_504)) }
        for (index, value) in nearest.enumerated() {
            #expect(halves[2 * index] == value.bitPattern)
            #expect(halves[2 * index + 1] == 0xffff, "what lies between is left alone")
        }
        for columns in Self.lengths {
            for (rows, inner) in [(3, 32), (1, 5), (4, 64)] {
                let a = values(rows * inner, seed: 1)
                let b = values(inner * columns, seed: 2).map { Float16($0) }
                var y = values(rows * columns, seed: 3)
                var expected = y
                implementation.kernels.add_half_product(
                    rows, columns, inner, 0.5, a, inner, 1, b.map(\.bitPattern), columns, &y,
                    columns)
                implementation.kernels.add_product(
                    rows, columns, inner, 0.5, a, inner, 1, b.map(Float.init), columns, &expected,
                    columns)
                #expect(y == expected, "\(rows)·\(columns)·\(inner)")
            }
        }
    }

    @Test(arguments: all) func normsAndTheirGradients(_ implementation: Implementation) {
        for count in Self.lengths {
            let x = values(count, seed: 1)
            let gain = values(count, seed: 2)
            let dy = values(count, seed: 3)
            func norm(_ x: [Double]) -> [Double] {
                let square = x.reduce(0) { $0 + $1 * $1 } / Double(count)
                return zip(x, gain).map { $0 / (square + 1e-5).squareRoot() * Double($1) }
            }
            var y = [Float](repeating: .nan, count: count)
            implementation.kernels.rms_norm(x, gain, count, 1e-5, &y)
            expect(y, norm(x.map(Double.init)))
            var dx = [Float](repeating: 1, count: count)
            implementation.kernels.rms_norm_backward(x, gain, dy, count, 1e-5, &dx)
            for index in Set([0, count / 2, count - 1]) {
                let slope = slope(
                    of: { zip(norm($0), dy).reduce(0) { $0 + $1.0 * Double($1.1) } },
                    at: x.map(Double.init), index)
                #expect(abs(Double(dx[index]) - 1 - slope) < 1e-4 * max(1, abs(slope)))
            }
        }
    }

    private func slope(of f: ([Double]) -> Double, at x: [Double], _ index: Int) -> Double {
        var (above, below) = (x, x)
        above[index] += 1e-5
        below[index] -= 1e-5
        return (f(above) - f(below)) / 2e-5
    }

    @Test(arguments: all) func gatedUnitsAndTheirGradients(_ implementation: Implementation) {
        func unit(_ gate: Double, _ up: Double) -> Double { gate / (1 + exp(-gate)) * up }
        for count in Self.lengths {
            let gate = values(count, seed: 1, within: 12) + [-100, 100, 0]
            let up = values(count, seed: 2) + [1, 1, 1]
            let dy = values(count, seed: 3) + [1, 1, 1]
            var y = [Float](repeating: .nan, count: count + 3)
            implementation.kernels.swiglu(gate, up, count + 3, &y)
            expect(y, zip(gate, up).map { unit(Double($0), Double($1)) })
            var dGate = dy
            var dUp = [Float](repeating: .nan, count: count + 3)
            implementation.kernels.swiglu_backward(gate, up, count + 3, &dGate, &dUp)
            for index in gate.indices {
                let (g, u, d) = (Double(gate[index]), Double(up[index]), Double(dy[index]))
                let forGate = d * (unit(g + 1e-5, u) - unit(g - 1e-5, u)) / 2e-5
                #expect(abs(Double(dGate[index]) - forGate) < 1e-5 * max(1, abs(forGate)))
                #expect(abs(Double(dUp[index]) - d * unit(g, 1)) < 1e-5 * max(1, abs(d * g)))
            }
        }
    }

    @Test(arguments: all) func rotationsTurnPairsAndTurnBack(_ implementation: Implementation) {
        let angles = values(3, seed: 1)
        let x = values(2 * 10, seed: 2)
        var y = x
        let (cosines, sines) = (angles.map { cos($0) }, angles.map { sin($0) })
        implementation.kernels.rope_interleaved(&y, 2, 10, cosines, sines, 3, 1)
        var expected = x.map(Double.init)
        for head in 0..<2 {
            for pair in 0..<3 {
                let (even, odd) = (head * 10 + 2 * pair, head * 10 + 2 * pair + 1)
                let (c, s) = (Double(cosines[pair]), Double(sines[pair]))
                expected[even] = c * Double(x[even]) - s * Double(x[odd])
                expected[odd] = s * Double(x[even]) + c * Double(x[odd])
            }
        }
        expect(y, expected)
        implementation.kernels.rope_interleaved(&y, 2, 10, cosines, sines, 3, -1)
        expect(y, x.map(Double.init))
    }

    @Test(arguments: all) func softmaxAndItsGradient(_ implementation: Implementation) {
        for count in Self.lengths {
            let scores = values(count, seed: 1, within: 30)
            var p = scores
            let logSum = implementation.kernels.softmax(&p, count, 0.25)
            let scaled = scores.map { Double($0) * 0.25 }
            let most = scaled.max()!
            let total = scaled.reduce(0) { $0 + exp($1 - most) }
            expect(p, scaled.map { exp($0 - most) / total })
            #expect(abs(Double(logSum) - most - log(total)) < 1e-5)
            var shifted = scores
            implementation.kernels.shifted_exp(&shifted, count, 0.25, logSum)
            expect(shifted, p.map(Double.init))
            let dp = values(count, seed: 2)
            let delta = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
            var ds = dp
            implementation.kernels.softmax_backward(p, &ds, count, delta, 0.25)
            expect(ds, zip(p, dp).map { Double($0) * (Double($1) - Double(delta)) * 0.25 })
        }
    }

    @Test(arguments: all) func exponentialsAreAccurateOverTheirWholeRange(
        _ implementation: Implementation
    ) {
        let x = stride(from: Float(-87.2), through: 88, by: 0.0137).map { $0 }
        var y = x
        implementation.kernels.shifted_exp(&y, x.count, 1, 0)
        let worst = zip(x, y).reduce(0) { max($0, abs(Double($1.1) / exp(Double($1.0)) - 1)) }
        #expect(worst < 3e-7)
        var edges: [Float] = [-88, -1000, -.infinity, 0]
        #expect(implementation.kernels.exp_sum(&edges, 4, 0) == 1)
        #expect(edges == [0, 0, 0, 1])
        var large: [Float] = [100, .infinity]
        implementation.kernels.shifted_exp(&large, 2, 1, 0)
        #expect(large.allSatisfy { $0.isFinite && $0 > 1e38 })
        var undefined: [Float] = [.nan]
        #expect(implementation.kernels.exp_sum(&undefined, 1, 0).isNaN)
    }

    @Test(arguments: all) func maximaAreFound(_ implementation: Implementation) {
        for count in Self.lengths {
            var x = values(count, seed: 5)
            for place in Set([0, count / 2, count - 1]) {
                x[place] = 9
                #expect(implementation.kernels.maximum(x, count) == 9)
                x[place] = -9
            }
            #expect(
                implementation.kernels.maximum([Float](repeating: -.infinity, count: count), count)
                    == -.infinity)
        }
    }
}
