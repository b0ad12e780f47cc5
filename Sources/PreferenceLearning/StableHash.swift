/// A 64-bit hash of text that is the same in every process, on every platform and in every version.
///
/// It names random streams, orders samples and derives ids; it is no defence against an adversary.
package enum StableHash {
    /// FNV-1a over UTF-8, then the finaliser of SplitMix64, so that near texts get unrelated
    /// streams.
    package static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return mixed(hash)
    }

    /// The hash of a text in the context of a seed.
    package static func of(_ text: String, seed: UInt64) -> UInt64 {
        mixed(of(text) ^ mixed(seed &+ 0x9e37_79b9_7f4a_7c15))
    }

    /// Sixteen hexadecimal digits.
    package static func hex(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
