import Foundation
import LanguageModel
import Testing

@Suite struct GGUFFileTests {
    @Test func readsEveryKindOfValue() throws {
        let file = try GGUFFile(bytes: GGUFImage.sound.bytes)
        #expect(file.metadata.count == 11)
        #expect(file.metadata["general.architecture"]?.string == "llama")
        #expect(file.metadata["small"]?.int == 7)
        #expect(file.metadata["number"]?.int == 42)
        #expect(file.metadata["negative"]?.int == -3)
        #expect(file.metadata["fraction"]?.float == 0.5)
        #expect(file.metadata["flag"]?.bool == true)
        #expect(file.metadata["texts"]?.strings == ["", "zwei", "drei 三"])
        #expect(file.metadata["ints"]?.ints == [1, -2, 3])
        #expect(file.metadata["bytes"]?.ints == [0, 255])
        #expect(file.metadata["floats"]?.floats == [0.25, -1])
    }

    @Test func accessorsOfAnotherTypeGiveNil() throws {
        let metadata = try GGUFFile(bytes: GGUFImage.sound.bytes).metadata
        #expect(metadata["large"]?.int == nil)
        #expect(metadata["number"]?.float == nil)
        #expect(metadata["fraction"]?.int == nil)
        #expect(metadata["bytes"]?.floats == nil)
        #expect(metadata["bytes"]?.strings == nil)
        #expect(metadata["texts"]?.ints == nil)
        #expect(metadata["flag"]?.string == nil)
    }

    @Test func locatesTensors() throws {
        let file = try GGUFFile(bytes: GGUFImage.sound.bytes)
        let a = try #require(file.tensor(named: "a"))
        let b = try #require(file.tensor(named: "b"))
        #expect(file.tensors == [a, b])
        #expect(a.shape == [2, 2] && a.elementCount == 4 && a.byteCount == 16)
        #expect(b.shape == [32] && b.elementCount == 32 && b.byteCount == 34)
        #expect(a.byteOffset % 32 == 0 && b.byteOffset == a.byteOffset + 32)
        #expect(file.dequantized(a) == [1, 2, 3, 4])
        #expect(file.dequantized(b) == (0..<32).map(Float.init))
        #expect(file.tensor(named: "c") == nil)
    }

    @Test func versionTwoReadsAlike() throws {
        var image = GGUFImage.sound
        image.version = 2
        #expect(try GGUFFile(bytes: image.bytes).tensors.count == 2)
    }

    @Test func bytesOutliveOtherCopiesOfTheFile() throws {
        var file: GGUFFile? = try GGUFFile(bytes: GGUFImage.sound.bytes)
        let copy = try #require(file)
        file = nil
        #expect(copy.dequantized(copy.tensors[0]) == [1, 2, 3, 4])
    }

    @Test(arguments: ["/nonexistent/model.gguf", "/tmp", "/dev/null"])
    func refusesWhatIsNotAFile(path: String) {
        let error = #expect(throws: GGUFError.self) { try GGUFFile(path: path) }
        guard case .cannotOpen(path, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func messagesEscapeWhatATerminalWouldObey() {
        let error = GGUFError.malformed(field: "a\u{1B}[2J", offset: 24, fault: .duplicate)
        #expect(
            "\(error)" == "cannot read GGUF field a\\u{1B}[2J at byte 24: the name is used twice; "
                + "fetch or convert the model again")
        let long = GGUFError.unusable(field: String(repeating: "k", count: 65_000), reason: "r")
        #expect("\(long)".count < 300)
    }

    @Test func readsTheRealModel() throws {
        let file = try SmolLM2.file()
        #expect(file.tensors.count == 272)
        #expect(file.metadata["tokenizer.ggml.tokens"]?.array?.count == 49_152)
        let configuration = try ModelConfiguration(file: file)
        #expect(configuration.layerCount == 30 && configuration.width == 576)
        #expect(configuration.headCount == 9 && configuration.keyValueHeadCount == 3)
        #expect(configuration.headSize == 64 && configuration.ropeDimensionCount == 64)
        #expect(configuration.feedForwardWidth == 1536)
        #expect(configuration.vocabularySize == 49_152 && configuration.hasTiedEmbedding)
        #expect(configuration.ropeBase == 100_000 && configuration.contextLength == 8192)
        #expect(configuration.rmsEpsilon == 1e-5)
    }
}
