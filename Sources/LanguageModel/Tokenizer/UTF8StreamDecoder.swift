/// Turns bytes that arrive in pieces, as a model's tokens do, into whole characters.
///
/// The concatenation of everything returned equals `String(decoding: allBytes, as: UTF8.self)`, for
/// every way of cutting the bytes: a truncated or invalid sequence becomes U+FFFD, and only what may
/// yet become a character is held back (at most three bytes).
public struct UTF8StreamDecoder: Sendable {
    private var pending: [UInt8] = []

    public init() {}

    /// Takes more bytes and returns the text that they complete.
    public mutating func decode(_ bytes: some Sequence<UInt8>) -> String {
        pending.append(contentsOf: bytes)
        let complete = pending.count - Self.countOfUnfinishedBytes(at: pending)
        defer { pending.removeFirst(complete) }
        return String(decoding: pending[..<complete], as: UTF8.self)
    }

    /// Returns what is left as U+FFFD, or nothing, and starts afresh.
    public mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end are a proper prefix of one valid sequence.
    private static func countOfUnfinishedBytes(at bytes: [UInt8]) -> Int {
        for count in 1...3 where count <= bytes.count {
            let lead = bytes[bytes.count - count]
            if lead & 0xC0 == 0x80 { continue }
            return isProperPrefix(bytes[(bytes.count - count)...]) ? count : 0
        }
        return 0
    }

    /// Whether 1 to 3 bytes, none but the first a lead byte, begin a longer valid sequence.
    private static func isProperPrefix(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let lead = bytes.first else { return false }
        let length =
            switch lead {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard bytes.count < length else { return false }
        guard bytes.count > 1 else { return true }
        // The second byte is narrowed to exclude overlong forms, surrogates and values past U+10FFFF.
        let second = bytes[bytes.startIndex + 1]
        return switch lead {
        case 0xE0: second >= 0xA0
        case 0xED: second < 0xA0
        case 0xF0: second >= 0x90
        case 0xF4: second < 0x90
        default: true
        }
    }
}
