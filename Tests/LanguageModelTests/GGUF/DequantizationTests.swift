import CKernels
import Foundation
import LanguageModel
import Testing

@Suite struct DequantizationTests {
    struct Golden: Decodable {
        struct Blocks: Decodable, Sendable, CustomTestStringConvertible {
            var name: String
            var type: UInt32
            var count: Int
            var source: Data
            var expected: Data
            var testDescription: String { name }
        }
        var types: [Blocks]
    }

    static let sets = [ATTUNE_PORTABLE, ATTUNE_AVX2, ATTUNE_AVX512].filter {
        attune_can_dequantize_using($0) != 0
    }

    private func dequantize(
        _ source: Data, type: UInt32, count: Int, using set: attune_instruction_set
    ) -> [UInt32] {
        var result = [Float](repeating: .nan, count: count)
        source.withUnsafeBytes {
            attune_dequantize_using(set, type, $0.baseAddress, &result, count)
        }
        return result.map(\.bitPattern)
    }

    @Test func everyTypeHasTheBitsOfGGUFPy() throws {
        let golden = try Fixture.decode(Golden.self, from: "dequantize.json").types
        #expect(Set(golden.map(\.type)) == Set(GGUFTensorType.allCases.map(\.rawValue)))
        for blocks in golden {
            let expected = blocks.expected.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
            for set in Self.sets {
                let found = dequantize(
                    blocks.source, type: blocks.type, count: blocks.count, using: set)
                let wrong = zip(found, expected).enumerated().first { $0.element.0 != $0.element.1 }
                #expect(found.count == expected.count)
                #expect(wrong == nil, "\(blocks.name), set \(set.rawValue)")
            }
        }
    }

    @Test func everyInstructionSetGivesTheSameBits() throws {
        var random = Xorshift(seed: 7)
        for type in GGUFTensorType.allCases {
            let blocks = 200
            let count = blocks * type.blockSize
            let source = Data(
                (0..<blocks * type.bytesPerBlock).map { _ in UInt8(random.next(below: 256)) })
            let plain = dequantize(
                source, type: type.rawValue, count: count, using: ATTUNE_PORTABLE)
            for set in Self.sets {
                let found = dequantize(source, type: type.rawValue, count: count, using: set)
                #expect(Self.sameNumbers(found, plain), "\(type), set \(set.rawValue)")
            }
        }
    }

    /// Every binary16 number, against the standard library's own widening.
    @Test func everyHalfIsWidenedExactly() {
        let halves = (UInt16.min...UInt16.max).map { $0 }
        let source = halves.withUnsafeBytes { Data($0) }
        let expected = halves.map { Float(Float16(bitPattern: $0)).bitPattern }
        for set in Self.sets {
            let found = dequantize(source, type: 1, count: halves.count, using: set)
            #expect(Self.sameNumbers(found, expected))
        }
    }

    /// A product worked by hand: d = 0.5, m = -1, quanta 3 and 15.
    @Test func q4_1IsScaleTimesQuantumPlusMinimum() {
        let source = Data([0x00, 0x38, 0x00, 0xBC] + [UInt8](repeating: 0xF3, count: 16))
        let found = dequantize(source, type: 3, count: 32, using: ATTUNE_PORTABLE)
        let expected = [Float](repeating: 0.5, count: 16) + [Float](repeating: 6.5, count: 16)
        #expect(found == expected.map(\.bitPattern))
    }

    /// Equal bits, where a NaN equals every NaN: its payload is the processor's choice.
    private static func sameNumbers(_ one: [UInt32], _ other: [UInt32]) -> Bool {
        one.count == other.count
            && zip(one, other).allSatisfy {
                $0 == $1 || (Float(bitPattern: $0).isNaN && Float(bitPattern: $1).isNaN)
            }
    }
}
