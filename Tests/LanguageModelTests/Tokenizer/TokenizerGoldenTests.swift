import Foundation
import LanguageModel
import Testing

/// Ids against Hugging Face's tokenizers; generator: `Tools/golden/tokenizer.py`.
@Suite struct TokenizerGoldenTests {
    /// `ATTUNE_TOKENIZER_GOLDEN` may name a larger file made by the generator.
    @Test func idsOfTheRealModelEqualTransformers() throws {
        let data =
            if let path = ProcessInfo.processInfo.environment["ATTUNE_TOKENIZER_GOLDEN"] {
                try Data(contentsOf: URL(filePath: path))
            } else { try Fixture.data("tokenizer_smollm2.jsonl") }
        let tokenizer = try Tokenizer(file: SmolLM2.file())
        let decoder = JSONDecoder()
        var (lineCount, wrong) = (0, 0)
        for row in data.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let row = try decoder.decode([String].self, from: row)
            lineCount += 1
            let ids = tokenizer.encode(row[0])
            if ids.fnv != row[1] {
                wrong += 1
                if wrong <= 5 {
                    Issue.record("line \(lineCount), \(row[0].debugDescription): \(ids)")
                }
            }
        }
        #expect(lineCount >= 10_000)
        #expect(wrong == 0)
    }

    @Test func decodingGivesBackWhatWasEncoded() throws {
        let tokenizer = try Tokenizer(file: SmolLM2.file())
        let decoder = JSONDecoder()
        let data = try Fixture.data("tokenizer_smollm2.jsonl")
        for row in data.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let line = try decoder.decode([String].self, from: row)[0]
            // SmolLM2's vocabulary has no token for these bytes; they are dropped.
            let kept = line.utf8.filter { !Self.bytesWithoutToken.contains($0) }
            let tokens = tokenizer.encode(line)
            #expect(tokens.flatMap(tokenizer.bytes(of:)) == kept)
            if kept.count == line.utf8.count {
                #expect(tokenizer.decode(tokens).utf8.elementsEqual(line.utf8))
            }
        }
    }

    static let bytesWithoutToken: Set<UInt8> = [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xF1, 0xF2]

    @Test(arguments: PreTokenizer.allCases)
    func idsUnderEveryPreTokenizerEqualHuggingFace(_ preTokenizer: PreTokenizer) throws {
        let golden = try SyntheticVocabulary.load()
        let tokenizer = try Tokenizer(
            file: GGUFFile(bytes: golden.image().bytes), preTokenizer: preTokenizer)
        for parsing in [false, true] {
            let column = preTokenizer.rawValue + (parsing ? ", parsing special tokens" : "")
            let hashes = try #require(golden.hashes[column])
            #expect(golden.lines.count == hashes.count && hashes.count >= 2000)
            for (line, hash) in zip(golden.lines, hashes) {
                let ids = tokenizer.encode(line, parsingSpecialTokens: parsing)
                #expect(ids.fnv == hash, "\(column): \(line.debugDescription)")
                // Every byte has a token here.
                #expect(tokenizer.decode(ids).utf8.elementsEqual(line.utf8))
            }
        }
    }

    /// The pre-tokenizers must differ on the lines, or the test above shows nothing.
    @Test func theGoldensTellThePreTokenizersApart() throws {
        let hashes = try SyntheticVocabulary.load().hashes
        #expect(Set(hashes.values).count == hashes.count)
    }
}
