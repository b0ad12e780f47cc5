package import Foundation

extension Adapter {
    /// The adapter as a GGUF file that llama.cpp takes with `--lora`: version 3, alignment 32, all
    /// tensors F32.
    ///
    /// Rows stay in GGUF order, since llama.cpp adds `B·A·x` to what the GGUF file's own, reordered
    /// weights give. llama.cpp loads it onto any model of the same shape: `attune.base.sha256` says
    /// which one is right.
    ///
    /// - Golden: `Fixtures/lora.gguf`, made by `Tools/golden/gguf_lora.py`; live:
    ///   `Tools/compare/adapter_export.py`.
    package func ggufData() throws -> Data {
        try requireExportable()
        var writer = GGUFWriter()
        writer.add("general.architecture", base.architecture)
        writer.add("general.type", "adapter")
        writer.add("adapter.type", "lora")
        writer.add("adapter.lora.alpha", Float(shape.alpha))
        writer.add("attune.base.sha256", base.fingerprint.hex)
        for matrix in matrices {
            writer.add("\(matrix.name).weight.lora_a", shape: matrix.aShape, a(of: matrix))
            writer.add("\(matrix.name).weight.lora_b", shape: matrix.bShape, b(of: matrix))
        }
        return writer.data()
    }
}

/// Builds a GGUF file of strings, floats and F32 tensors; little-endian throughout.
private struct GGUFWriter {
    private static let alignment = 32
    private static let stringType: UInt32 = 8
    private static let float32Type: UInt32 = 6
    private static let float32TensorType: UInt32 = 0

    private var keyCount: UInt64 = 0
    private var keys = Data()
    private var tensorCount: UInt64 = 0
    private var tensorInfos = Data()
    private var tensorData = Data()

    mutating func add(_ key: String, _ value: String) {
        addKey(key, type: Self.stringType)
        Self.append(value, to: &keys)
    }

    mutating func add(_ key: String, _ value: Float) {
        addKey(key, type: Self.float32Type)
        keys.appendLittleEndian(value.bitPattern)
    }

    private mutating func addKey(_ key: String, type: UInt32) {
        Self.append(key, to: &keys)
        keys.appendLittleEndian(type)
        keyCount += 1
    }

    /// - Parameter shape: row-major; GGUF lists the contiguous dimension first, so it is written
    ///   reversed.
    mutating func add(_ name: String, shape: [Int], _ values: [Float]) {
        Self.append(name, to: &tensorInfos)
        tensorInfos.appendLittleEndian(UInt32(shape.count))
        for dimension in shape.reversed() { tensorInfos.appendLittleEndian(UInt64(dimension)) }
        tensorInfos.appendLittleEndian(Self.float32TensorType)
        tensorInfos.appendLittleEndian(UInt64(tensorData.count))
        tensorData.appendLittleEndian(values)
        Self.pad(&tensorData)
        tensorCount += 1
    }

    func data() -> Data {
        var file = Data("GGUF".utf8)
        file.appendLittleEndian(UInt32(3))
        file.appendLittleEndian(tensorCount)
        file.appendLittleEndian(keyCount)
        file.append(keys)
        file.append(tensorInfos)
        Self.pad(&file)
        file.append(tensorData)
        return file
    }

    private static func append(_ text: String, to data: inout Data) {
        data.appendLittleEndian(UInt64(text.utf8.count))
        data.append(contentsOf: text.utf8)
    }

    private static func pad(_ data: inout Data) {
        let count = (alignment - data.count % alignment) % alignment
        data.append(contentsOf: repeatElement(0, count: count))
    }
}
