import CKernels
import Foundation
import LanguageModel
import Testing

/// Every implementation of the integer kernels this processor runs: against double precision, and
/// against the plain one to the bit.
@Suite struct IntegerKernelTests {
    struct Implementation: Sendable, CustomTestStringConvertible {
        let kernels: attune_integer_kernels
        var testDescription: String { String(cString: kernels.name) }
    }

    static let all: [Implementation] = (0..<3).compactMap { index in
        attune_integer_kernels_at(index).map { Implementation(kernels: $0.pointee) }
    }
    private static let plain = all[all.count - 1].kernels

    /// The types with integer kernels, and the bytes of their blocks.
    private static let types: [(type: UInt32, blockBytes: Int)] = [
        (2, 18), (3, 20), (6, 22), (7, 24), (8, 34),
    ]

    /// A random matrix of a type, its values in float32, and its packed copy.
    private final class Matrix {
        let rows: Int
        let columns: Int
        let type: UInt32
        let values: [Float]
        let packed: attune_packed_matrix
        let offsets: [Float]
        private let bytes: UnsafeMutableRawPointer
        private let blocks: UnsafeMutableRawPointer
        private let rowBytes: Int

        init(_ type: (type: UInt32, blockBytes: Int), rows: Int, columns: Int, seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            let blockCount = rows * columns / 32
            bytes = .allocate(byteCount: blockCount * type.blockBytes, alignment: 1)
            for index in 0..<blockCount * type.blockBytes {
                bytes.storeBytes(
                    of: UInt8(truncatingIfNeeded: generator.next() >> 32),
                    toByteOffset: index, as: UInt8.self)
            }
            for block in 0..<blockCount {
                for (index, bound) in [Float16(0.02), -0.1].enumerated().prefix(
                    type.type % 4 == 3 ? 2 : 1)
                {
                    let value = bound * Float16(0.5 + generator.uniform())
                    bytes.storeBytes(
                        of: value.bitPattern, toByteOffset: block * type.blockBytes + 2 * index,
                        as: UInt16.self)
                }
            }
            self.rows = rows
            self.columns = columns
            self.type = type.type
            rowBytes = columns / 32 * type.blockBytes
            let all = attune_rows(bytes: bytes, row_bytes: rowBytes, type: type.type)
            values = [Float](unsafeUninitializedCapacity: rows * columns) { values, count in
                attune_dequantize_rows(all, rows, columns, values.baseAddress!, columns)
                count = rows * columns
            }
            let size = attune_packed_size(type.type, rows, columns)
            blocks = .allocate(byteCount: size, alignment: 64)
            packed = attune_pack(
                all, rows, columns, blocks.assumingMemoryBound(to: UInt8.self))
            var offsets = [Float](repeating: .nan, count: rows * columns / 32)
            attune_block_offsets(all, rows, columns, &offsets)
            self.offsets = offsets
        }

        deinit {
            bytes.deallocate()
            blocks.deallocate()
        }

        func rows(block: Int) -> attune_rows {
            attune_rows(
                bytes: bytes + block * rowBytes / (columns / 32), row_bytes: rowBytes, type: type)
        }
    }

    private func values(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            Float(2 * generator.uniform() - 1) * (generator.uniform() < 0.05 ? 20 : 1)
        }
    }

    /// Rounds rows with an implementation and multiplies them.
    private func product(
        _ kernels: attune_integer_kernels, _ matrix: Matrix, _ x: [Float], tokens: Int,
        isWide: Bool, first: Int = 0, count: Int? = nil, startingWith start: Float? = nil
    ) -> [Float] {
        let blocks = tokens * matrix.columns / 32
        var high = [Int8](repeating: 0, count: tokens * matrix.columns)
        var low = high
        var scales = [Float](repeating: 0, count: blocks)
        var sums = scales
        var y = [Float](repeating: start ?? .nan, count: tokens * matrix.rows)
        high.withUnsafeMutableBufferPointer { high in
            low.withUnsafeMutableBufferPointer { low in
                scales.withUnsafeMutableBufferPointer { scales in
                    sums.withUnsafeMutableBufferPointer { sums in
                        let integers = attune_integer_rows(
                            high: high.baseAddress, low: isWide ? low.baseAddress : nil,
                            scales: scales.baseAddress, block_sums: sums.baseAddress,
                            columns: matrix.columns, count: tokens)
                        x.withUnsafeBufferPointer { x in
                            for token in 0..<tokens {
                                kernels.round_row(
                                    x.baseAddress! + token * matrix.columns, integers, token)
                            }
                        }
                        y.withUnsafeMutableBufferPointer { y in
                            kernels.multiply(
                                matrix.packed, first, count ?? matrix.rows - first, integers, 0,
                                tokens, y.baseAddress! + first, matrix.rows, start == nil ? 0 : 1)
                        }
                    }
                }
            }
        }
        return y
    }

    /// `gᵀ·W` with an implementation, `[tokens, columns]`.
    private func transposedProduct(
        _ kernels: attune_integer_kernels, _ matrix: Matrix, _ g: [Float], tokens: Int
    ) -> [Float] {
        let chunks = (matrix.rows + 63) / 64
        let blocks = matrix.columns / 32
        var integers = [Int16](repeating: .min, count: chunks * tokens * 64)
        var factors = [Float](repeating: .nan, count: chunks * tokens)
        for token in 0..<tokens {
            g.withUnsafeBufferPointer {
                kernels.round_gradient(
                    $0.baseAddress! + token * matrix.rows, matrix.rows, token, tokens, &integers,
                    &factors)
            }
        }
        var start = [Float](repeating: 0, count: tokens * blocks)
        for token in 0..<tokens {
            for block in 0..<blocks {
                start[token * blocks + block] = (0..<matrix.rows).reduce(0) {
                    $0 + g[token * matrix.rows + $1] * matrix.offsets[block * matrix.rows + $1]
                }
            }
        }
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: attune_transposed_scratch(tokens), alignment: 64)
        defer { scratch.deallocate() }
        var y = [Float](repeating: .nan, count: tokens * matrix.columns)
        for block in 0..<blocks {
            start.withUnsafeBufferPointer { start in
                y.withUnsafeMutableBufferPointer { y in
                    kernels.multiply_transposed(
                        matrix.rows(block: block), matrix.rows, integers, factors, tokens,
                        start.baseAddress! + block, blocks, y.baseAddress! + 32 * block,
                        matrix.columns, 0, scratch)
                }
            }
        }
        return y
    }

    private func relativeError(_ found: [Float], _ expected: [Double]) -> Double {
        let difference = zip(found, expected).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }
        return (difference / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }

    @Test func thePlainImplementationIsAlwaysThere() {
        #expect(String(cString: Self.plain.name) == "plain")
        #expect(attune_integer_kernels_at(0) == attune_best_integer_kernels())
    }

    @Test(arguments: all) func productsAreThePlainOnesToTheBit(_ implementation: Implementation) {
        for (number, type) in Self.types.enumerated() {
            for (rows, columns, tokens) in [(16, 32, 1), (37, 96, 13), (64, 160, 8), (5, 64, 27)] {
                let seed = UInt64(100 * number + rows)
                let matrix = Matrix(type, rows: rows, columns: columns, seed: seed)
                let x = values(tokens * columns, seed: seed + 1)
                let expected = (0..<tokens * rows).map { place in
                    (0..<columns).reduce(0.0) {
                        $0 + Double(matrix.values[place % rows * columns + $1])
                            * Double(x[place / rows * columns + $1])
                    }
                }
                for (isWide, bound) in [(true, 2e-4), (false, 3e-2)] {
                    let found = product(
                        implementation.kernels, matrix, x, tokens: tokens, isWide: isWide)
                    let plain = product(Self.plain, matrix, x, tokens: tokens, isWide: isWide)
                    #expect(found == plain, "type \(type.type), \(rows)·\(columns)·\(tokens)")
                    #expect(relativeError(found, expected) < bound, "type \(type.type)")
                }
            }
        }
    }

    @Test(arguments: all) func aSumDependsOnItsOwnRowAndTokenAlone(
        _ implementation: Implementation
    ) {
        let matrix = Matrix(Self.types[1], rows: 48, columns: 96, seed: 5)
        let x = values(11 * 96, seed: 6)
        let whole = product(implementation.kernels, matrix, x, tokens: 11, isWide: true)
        let part = product(
            implementation.kernels, matrix, x, tokens: 11, isWide: true, first: 16, count: 16)
        let added = product(
            implementation.kernels, matrix, x, tokens: 11, isWide: true, startingWith: 1)
        for token in 0..<11 {
            let alone = product(
                implementation.kernels, matrix, Array(x[token * 96..<(token + 1) * 96]), tokens: 1,
                isWide: true)
            #expect(alone == Array(whole[token * 48..<(token + 1) * 48]))
            for row in 0..<48 {
                let place = token * 48 + row
                #expect(added[place] == whole[place] + 1)
                if (16..<32).contains(row) {
                    #expect(part[place] == whole[place])
                } else {
                    #expect(part[place].isNaN, "not asked for, so not written")
                }
            }
        }
    }

    @Test(arguments: all) func transposedProductsAreThePlainOnesToTheBit(
        _ implementation: Implementation
    ) {
        for (number, type) in Self.types.enumerated() {
            for (rows, columns, tokens) in [(64, 32, 1), (37, 64, 13), (200, 96, 8)] {
                let seed = UInt64(100 * number + rows)
                let matrix = Matrix(type, rows: rows, columns: columns, seed: seed)
                let g = values(tokens * rows, seed: seed + 1)
                let found = transposedProduct(implementation.kernels, matrix, g, tokens: tokens)
                let plain = transposedProduct(Self.plain, matrix, g, tokens: tokens)
                #expect(found == plain, "type \(type.type), \(rows)·\(columns)·\(tokens)")
                let expected = (0..<tokens * columns).map { place in
                    (0..<rows).reduce(0.0) {
                        $0 + Double(matrix.values[$1 * columns + place % columns])
                            * Double(g[place / columns * rows + $1])
                    }
                }
                #expect(relativeError(found, expected) < 3e-4, "type \(type.type)")
            }
        }
    }

    @Test(arguments: all) func whatIsNoNumberStaysNone(_ implementation: Implementation) {
        let matrix = Matrix(Self.types[1], rows: 16, columns: 64, seed: 8)
        func none(_ count: Int) -> [Bool] { [Bool](repeating: false, count: count) }
        for poison in [Float.nan, -.nan, .infinity, -.infinity] {
            var x = values(2 * 64, seed: 9)
            x[64 + 40] = poison
            let y = product(implementation.kernels, matrix, x, tokens: 2, isWide: true)
            #expect(y.map(\.isFinite) == [Bool](repeating: true, count: 16) + none(16))
            var g = values(2 * 16, seed: 10)
            g[16 + 3] = poison
            let transposed = transposedProduct(implementation.kernels, matrix, g, tokens: 2)
            #expect(transposed.map(\.isFinite) == [Bool](repeating: true, count: 64) + none(64))
        }
        let zeros = [Float](repeating: 0, count: 64)
        #expect(
            product(implementation.kernels, matrix, zeros, tokens: 1, isWide: true)
                == [Float](repeating: 0, count: 16))
    }

    @Test func onlyWholeBlocksOfKnownTypesArePacked() {
        #expect(attune_packed_size(3, 16, 64) > 0)
        #expect(attune_packed_size(3, 16, 65) == 0)
        for type: UInt32 in [0, 1, 10, 11, 12, 13, 14, 30, 4, 99] {
            #expect(attune_packed_size(type, 16, 256) == 0)
        }
    }
}
