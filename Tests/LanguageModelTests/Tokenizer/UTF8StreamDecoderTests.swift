import LanguageModel
import Testing

@Suite struct UTF8StreamDecoderTests {
    @Test func charactersComeWhole() {
        var decoder = UTF8StreamDecoder()
        let bytes = Array("é😀".utf8)
        #expect(bytes.map { decoder.decode([$0]) } == ["", "é", "", "", "", "😀"])
        #expect(decoder.finish().isEmpty)
    }

    @Test func whatNeverCompletesIsRepairedAtTheEnd() {
        var decoder = UTF8StreamDecoder()
        #expect(decoder.decode([0x61, 0xF0, 0x9F]) == "a")
        #expect(decoder.finish() == "\u{FFFD}")
        #expect(decoder.finish().isEmpty)
    }

    @Test func whatCannotCompleteIsNotHeldBack() {
        var decoder = UTF8StreamDecoder()
        #expect(decoder.decode([0xFF]) == "\u{FFFD}")
        #expect(decoder.decode([0xE0, 0x80]) == "\u{FFFD}\u{FFFD}")
        #expect(decoder.decode([0xED, 0xA0]) == "\u{FFFD}\u{FFFD}")
        #expect(decoder.decode([0xF4, 0x90]) == "\u{FFFD}\u{FFFD}")
        #expect(decoder.decode([0x80]) == "\u{FFFD}")
    }

    /// The concatenation equals decoding at once, however the bytes are cut.
    @Test func everyCutGivesTheSameText() {
        var random = Xorshift(seed: 11)
        let leads: [UInt8] = [
            0x41, 0x80, 0xBF, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xF0, 0xF4, 0xF5, 0x9F, 0xA0,
        ]
        for _ in 0..<20_000 {
            let bytes = (0..<random.next(below: 12)).map { _ in
                random.next(below: 3) == 0
                    ? UInt8(random.next(below: 256)) : leads[random.next(below: leads.count)]
            }
            var decoder = UTF8StreamDecoder()
            var text = ""
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = 1 + random.next(below: min(4, rest.count))
                text += decoder.decode(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            text += decoder.finish()
            #expect(
                text.unicodeScalars.elementsEqual(
                    String(decoding: bytes, as: UTF8.self).unicodeScalars), "\(bytes)")
        }
    }
}
