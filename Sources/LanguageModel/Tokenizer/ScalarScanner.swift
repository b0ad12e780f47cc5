/// Reads characters and their classes out of valid UTF-8, up to a limit.
struct ScalarScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    /// Where the text ends, as the pre-tokenizer's look-ahead sees it.
    var limit: Int

    /// The class of the character at `offset` and where the next one starts; nil at the limit.
    @inline(__always)
    func character(at offset: Int) -> (kind: ScalarClass, end: Int)? {
        guard offset < limit else { return nil }
        let lead = bytes[offset]
        if lead < 0x80 { return (ScalarClass(Unicode.Scalar(lead)), offset + 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for index in offset + 1..<offset + length {
            value = value << 6 | UInt32(bytes[index] & 0x3F)
        }
        // Valid UTF-8 holds no surrogate, so the fallback is never taken.
        return (ScalarClass(Unicode.Scalar(value) ?? "\u{FFFD}"), offset + length)
    }

    /// Where the run of characters of one class that goes on at `offset` ends.
    func endOfRun(_ kind: ScalarClass, from offset: Int, maximumCount: Int = .max) -> Int {
        var end = offset
        var count = 0
        while count < maximumCount, let next = character(at: end), next.kind == kind {
            end = next.end
            count += 1
        }
        return end
    }

    /// Where white space from `start` ends, `\s+(?!\S)|\s+`: its last character is left to the word
    /// that follows it, unless it is the only one.
    func endOfSpace(from start: Int) -> Int {
        var (last, end) = (start, start)
        while let next = character(at: end), next.kind == .space { (last, end) = (end, next.end) }
        return end == limit || last == start ? end : last
    }

    func byte(at offset: Int) -> UInt8? { offset < limit ? bytes[offset] : nil }

    func isNewline(at offset: Int) -> Bool {
        byte(at: offset) == UInt8(ascii: "\n") || byte(at: offset) == UInt8(ascii: "\r")
    }

    /// Where an English contraction at `offset` ends (`'s 't 're 've 'm 'll 'd`); nil if there is none.
    ///
    /// Ignoring case, the long s (U+017F) is an s too, as Unicode folds it.
    func endOfContraction(at offset: Int, ignoringCase: Bool) -> Int? {
        guard byte(at: offset) == UInt8(ascii: "'"), let first = byte(at: offset + 1) else {
            return nil
        }
        func letter(_ byte: UInt8?) -> UInt8? {
            guard let byte, ignoringCase, (0x41...0x5A).contains(byte) else { return byte }
            return byte + 0x20
        }
        switch letter(first) {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return offset + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return letter(byte(at: offset + 2)) == UInt8(ascii: "e") ? offset + 3 : nil
        case UInt8(ascii: "l"):
            return letter(byte(at: offset + 2)) == UInt8(ascii: "l") ? offset + 3 : nil
        case 0xC5 where ignoringCase:
            return byte(at: offset + 2) == 0xBF ? offset + 3 : nil
        default:
            return nil
        }
    }
}
