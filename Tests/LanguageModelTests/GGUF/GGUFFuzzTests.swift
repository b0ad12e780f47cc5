import LanguageModel
import Testing

/// Damage of every kind to a small file: an error or a sound reading, never a trap.
@Suite struct GGUFFuzzTests {
    /// Reads everything a file offers, so that a bound missed at opening is found out.
    private func readAll(_ bytes: [UInt8]) {
        guard let file = try? GGUFFile(bytes: bytes) else { return }
        for value in file.metadata.values {
            _ = (value.int, value.float, value.string, value.bool)
            _ = (value.strings, value.ints, value.floats)
        }
        for tensor in file.tensors { _ = file.dequantized(tensor) }
    }

    @Test func everyTruncationIsRefused() {
        let bytes = GGUFImage.sound.bytes
        for count in 0..<bytes.count {
            #expect(throws: GGUFError.self, "\(count) bytes") {
                try GGUFFile(bytes: Array(bytes.prefix(count)))
            }
        }
    }

    @Test func everyByteFlippedInEveryBitIsSurvived() {
        let bytes = GGUFImage.sound.bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                readAll(damaged)
            }
        }
    }

    @Test func aMillionMutationsAreSurvived() {
        let sound = GGUFImage.sound.bytes
        var random = Xorshift(seed: 20_260_101)
        // Values at which arithmetic on sizes goes wrong, if anywhere.
        let edges: [UInt64] = [
            0, 1, 31, 32, 0x7F, 0x80, 0xFF, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max, .max - 31,
        ]
        for _ in 0..<1_000_000 {
            var bytes = sound
            for _ in 0..<1 + random.next(below: 4) {
                let index = random.next(below: bytes.count)
                if random.next(below: 2) == 0 {
                    bytes[index] = UInt8(random.next(below: 256))
                } else {
                    let edge = edges[random.next(below: edges.count)]
                    let width = [1, 4, 8][random.next(below: 3)]
                    for offset in 0..<min(width, bytes.count - index) {
                        bytes[index + offset] = UInt8(truncatingIfNeeded: edge >> (8 * offset))
                    }
                }
            }
            readAll(bytes)
        }
    }
}

/// Marsaglia's xorshift64: small, seeded, the same everywhere.
struct Xorshift {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
