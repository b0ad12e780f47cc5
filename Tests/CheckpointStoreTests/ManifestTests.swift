import CheckpointStore
import Foundation
import Testing

@Suite struct ManifestTests {
    static let host = String(repeating: "cd", count: 32)
    static let object = String(repeating: "ab", count: 32)
    /// One layer, rank 1, query only: 4 · 1 · (4 + 4) = 32 bytes of weights.
    static let text = """
        {"base":{"architecture":"llama","feedForwardWidth":6,"fingerprint":"\(object)","headCount":2,\
        "headSize":2,"keyValueHeadCount":1,"layerCount":1,"name":"a \\"b\\" é","width":4},\
        "data":{"heldOutPairs":3,"onlinePairs":2,"pairs":1},"format":1,"host":"\(host)",\
        "lora":{"alpha":0.5,"rank":1,"targetModules":["attn_q"]},\
        "objects":{"adapter":{"format":"safetensors","id":"\(object)","size":48}},\
        "parents":[],"round":7,"seed":18446744073709551615}
        """

    @Test func readsAndWritesItsCanonicalForm() throws {
        let manifest = try Manifest(canonical: Data(Self.text.utf8))
        #expect(manifest.base.name == "a \"b\" é")
        #expect(manifest.lora.alpha == 0.5)
        #expect(manifest.seed == .max)
        #expect(try manifest.canonicalBytes() == Data(Self.text.utf8))
        #expect(try manifest.id() == ObjectID(hashing: Data(Self.text.utf8)))
    }

    @Test func writesAWholeAlphaWithoutFraction() throws {
        let text = Self.text.replacing("\"alpha\":0.5", with: "\"alpha\":16")
        let manifest = try Manifest(canonical: Data(text.utf8))
        #expect(manifest.lora.alpha == 16)
        #expect(try manifest.canonicalBytes() == Data(text.utf8))
    }

    @Test(arguments: [
        ("{\"base\"", " {\"base\""), ("\"round\":7", "\"round\": 7"),
        ("\"round\":7", "\"round\":7.0"), ("\"round\":7", "\"round\":07"),
        ("\"round\":7", "\"round\":7,\"round\":7"), ("\"round\":7", "\"Round\":7"),
        ("\"parents\":[],\"round\":7", "\"round\":7,\"parents\":[]"),
        ("\"round\":7", "\"round\":7,\"rounds\":8"), ("\"alpha\":0.5", "\"alpha\":5e-1"),
        ("é", "\\u00e9"), ("\"round\":7", "\"round\":-0"), ("\"round\":7", "\"round\":null"),
    ])
    func refusesEveryOtherSpelling(_ change: (String, String)) {
        let text = Self.text.replacing(change.0, with: change.1)
        #expect(text != Self.text)
        #expect(throws: CheckpointError.self) { try Manifest(canonical: Data(text.utf8)) }
    }

    @Test(arguments: [
        ("\"round\":7", "\"round\":99999999999", "round"),
        ("\"round\":7", "\"round\":-1", "round"),
        ("\"rank\":1", "\"rank\":0", "lora.rank"),
        ("\"rank\":1", "\"rank\":9223372036854775807", "lora.rank"),
        ("\"rank\":1", "\"rank\":9223372036854775808", "manifest"),
        ("\"alpha\":0.5", "\"alpha\":0", "lora.alpha"),
        ("\"layerCount\":1", "\"layerCount\":513", "base.layerCount"),
        ("\"keyValueHeadCount\":1", "\"keyValueHeadCount\":0", "base.keyValueHeadCount"),
        ("\"keyValueHeadCount\":1", "\"keyValueHeadCount\":3", "base.keyValueHeadCount"),
        ("[\"attn_q\"]", "[]", "lora.targetModules"),
        ("[\"attn_q\"]", "[\"attn_q\",\"attn_q\"]", "lora.targetModules"),
        ("[\"attn_q\"]", "[\"attn_k\",\"attn_q\"]", "lora.targetModules"),
        ("[\"attn_q\"]", "[\"../attn_q\"]", "lora.targetModules"),
        ("\"size\":48", "\"size\":-1", "objects.adapter.size"),
        ("\"size\":48", "\"size\":31", "objects.adapter.size"),
        ("\"size\":48", "\"size\":9999999", "objects.adapter.size"),
        (
            "\"adapter\":{\"format\":\"safetensors\"", "\"adapter\":{\"format\":\"json\"",
            "objects.adapter.format"
        ),
        ("\"adapter\":", "\"../adapter\":", "objects."),
        ("\"llama\"", "\"Llama\"", "base.architecture"),
        ("\"llama\"", "\"\"", "base.architecture"),
        ("a \\\"b\\\" é", "a\\nb", "base.name"),
        ("a \\\"b\\\" é", "", "base.name"),
        ("\"host\":\"cd", "\"host\":\"CD", "object id"),
        ("\"id\":\"ab", "\"id\":\"../ab", "object id"),
    ])
    func refusesWhatIsOutOfBoundsAndNamesTheField(_ change: (String, String, String)) {
        let text = Self.text.replacing(change.0, with: change.1)
        #expect(text != Self.text)
        let error = #expect(throws: CheckpointError.self) {
            try Manifest(canonical: Data(text.utf8))
        }
        #expect(error?.description.contains(change.2) == true, "\(String(describing: error))")
    }

    @Test func refusesAFutureFormatBeforeLookingFurther() {
        #expect(throws: CheckpointError.unsupportedFormat("manifest", found: 2, supported: 1)) {
            try Manifest(canonical: Data("{\"format\":2,\"whatever\":[]}".utf8))
        }
    }

    @Test func refusesDeepNestingAndSizeWithoutATrap() {
        let deep = String(repeating: "[", count: 60_000)
        #expect(throws: CheckpointError.self) { try Manifest(canonical: Data(deep.utf8)) }
        #expect(throws: CheckpointError.tooLarge("the manifest", limit: 65_536)) {
            try Manifest(canonical: Data(count: 65_537))
        }
    }

    @Test func noTruncationAndNoFlippedByteGivesTheSameId() throws {
        let bytes = Data(Self.text.utf8)
        let id = ObjectID(hashing: bytes)
        for length in 0..<bytes.count {
            #expect(throws: CheckpointError.self) { try Manifest(canonical: bytes.prefix(length)) }
        }
        for offset in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[offset] ^= 1 << UInt8(bit)
                #expect(ObjectID(hashing: flipped) != id)
                _ = try? Manifest(canonical: flipped)
            }
        }
    }
}
