import CheckpointStore
import Foundation
import TestSupport
import Testing

/// Golden: real PEFT and gguf-py wrote the fixtures, see `Tools/golden/peft_export.py` and
/// `gguf_lora.py`.
@Suite struct AdapterExportTests {
    private struct Record: Decodable {
        let base: BaseModel
        let lora: AdapterShape
    }

    private static func fixture(_ name: String) throws -> Data {
        let folder = try #require(Bundle.module.resourceURL).appending(path: "Fixtures")
        return try Data(contentsOf: folder.appending(path: name))
    }

    private static func adapter() throws -> Adapter {
        let record = try JSONDecoder().decode(Record.self, from: fixture("adapter.json"))
        return try Adapter(
            safetensors: fixture("adapter.safetensors"), base: record.base, shape: record.lora)
    }

    @Test func tensorsAreThoseThatPEFTItselfSaved() throws {
        let files = try Self.adapter().peftFiles(baseModelName: "tiny")
        let ours = try Safetensors(#require(files["adapter_model.safetensors"]))
        let theirs = try Safetensors(Self.fixture("peft/adapter_model.safetensors"))
        #expect(ours.tensors.map(\.name) == theirs.tensors.map(\.name))
        for tensor in theirs.tensors {
            #expect(ours.tensor(named: tensor.name)?.shape == tensor.shape)
            #expect(try ours.floats(tensor.name) == theirs.floats(tensor.name), "\(tensor.name)")
        }
    }

    @Test func configurationSaysWhatPEFTsOwnSays() throws {
        func fields(_ data: Data) throws -> NSDictionary {
            try #require(JSONSerialization.jsonObject(with: data) as? NSDictionary)
        }
        let files = try Self.adapter().peftFiles(baseModelName: "tiny")
        let ours = try fields(#require(files["adapter_config.json"]))
        let theirs = try fields(Self.fixture("peft/adapter_config.json"))
        for (key, value) in ours where key as? String != "base_model_name_or_path" {
            if key as? String == "target_modules" {
                let modules = try #require(value as? [String])
                #expect(try Set(modules) == Set(#require(theirs[key] as? [String])))
            } else {
                #expect(theirs[key] as? NSObject == value as? NSObject, "\(key)")
            }
        }
        #expect(ours["base_model_name_or_path"] as? String == "tiny")
    }

    @Test func ggufBytesAreThoseOfGGUFsOwnLibrary() throws {
        let ours = try Self.adapter().ggufData()
        #expect(try ours == Self.fixture("lora.gguf"))
    }

    @Test func rowsAreReorderedHeadByHead() {
        let rows: [Float] = [0, 10, 1, 11, 2, 12, 100, 110, 101, 111, 102, 112]
        let halfSplit = RotaryRows.halfSplit(fromInterleaved: rows, headSize: 6, rowWidth: 1)
        #expect(halfSplit == [0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112])
    }

    @Test func anUnknownArchitectureIsRefused() throws {
        let adapter = Sample.adapter()
        var base = adapter.base
        base.architecture = "qwen2"
        let other = Adapter(base: base, shape: adapter.shape, values: adapter.values)
        #expect(throws: CheckpointError.architectureNotExportable("qwen2")) {
            try other.ggufData()
        }
        #expect(throws: CheckpointError.architectureNotExportable("qwen2")) {
            try other.peftFiles(baseModelName: "x")
        }
    }

    @Test func filesAppearOnDisk() throws {
        let directory = try TemporaryDirectory()
        try Sample.adapter().exportPEFT(to: directory.path + "/out/peft")
        #expect(
            try directory.files().keys.sorted() == [
                "out/peft/README.md", "out/peft/adapter_config.json",
                "out/peft/adapter_model.safetensors",
            ])
    }
}
