import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    /// A file of this header and so many data bytes.
    private static func file(_ header: String, data: Int, length: UInt64? = nil) -> Data {
        var file = Data()
        let length = length ?? UInt64(header.utf8.count)
        withUnsafeBytes(of: length.littleEndian) { file.append(contentsOf: $0) }
        return file + Data(header.utf8) + Data(count: data)
    }

    private static let good = """
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
        "b":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}}
        """

    @Test func writesSortedAlignedAndAlwaysTheSame() throws {
        let sources = [
            Safetensors.Source(name: "z", shape: [1], values: [3]),
            Safetensors.Source(name: "a", shape: [2, 1], values: [1, -0.5]),
        ]
        let bytes = try Safetensors.encode(sources, metadata: ["k": "v"])
        #expect(try Safetensors.encode(sources.reversed(), metadata: ["k": "v"]) == bytes)
        let length = Int(bytes[0]) + Int(bytes[1]) << 8
        #expect(length.isMultiple(of: 8))
        let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
        let expected = """
            {"__metadata__":{"k":"v"},"a":{"data_offsets":[0,8],"dtype":"F32","shape":[2,1]},\
            "z":{"data_offsets":[8,12],"dtype":"F32","shape":[1]}}
            """
        #expect(header.trimmingCharacters(in: .whitespaces) == expected)
        let file = try Safetensors(bytes)
        #expect(file.tensors.map(\.name) == ["a", "z"])
        #expect(file.metadata == ["k": "v"])
        #expect(try file.floats("a") == [1, -0.5])
        #expect(try file.floats("z") == [3])
    }

    @Test func readsFromASliceOfALargerBuffer() throws {
        let bytes = Data("junk".utf8) + Self.file(Self.good, data: 16)
        #expect(try Safetensors(bytes.dropFirst(4)).floats("b") == [0, 0])
    }

    @Test func readsHalfAndBrainFloatsExactly() throws {
        let header = """
            {"h":{"dtype":"F16","shape":[6],"data_offsets":[0,12]},\
            "b":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]}}
            """
        var bytes = Self.file(header, data: 0)
        for bits: UInt16 in [0x3C00, 0xC000, 0x0001, 0x83FF, 0x7BFF, 0x8000, 0x3FC0, 0xC2F7] {
            withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
        }
        let file = try Safetensors(bytes)
        let halves = try file.floats("h")
        #expect(halves == [1, -2, 0x1p-24, -0x3FFp-24, 65504, 0])
        #expect(halves[5].sign == .minus)
        #expect(try file.floats("b") == [1.5, -123.5])
    }

    /// The catalogue: each header is refused with an error that contains the word.
    @Test(arguments: [
        ("", 0, "header"),
        ("[]", 0, "header"),
        ("{", 0, "byte 1"),
        ("{} x", 0, "after the end"),
        (" {}", 0, "begin"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7, "past the data"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, "belong to none"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "hole"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "begin and an end"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "needs 8 bytes"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "needs 12 bytes"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "non-negative"),
        (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8, "non-negative"),
        (
            #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, 8,
            "overflows"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]}}"#,
            0, "overflows"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}"#, 8,
            "non-negative"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775800,9223372036854775808]}}"#,
            8, "non-negative"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}}"#,
            8, "hole"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            12, "overlaps"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
            8, "overlaps"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#,
            16, "hole"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
            8, "twice"
        ),
        (#"{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}"#, 8, "twice"),
        (#"{"a\u0000b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "printable"),
        (#"{"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "empty"),
        (#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#, 8, "dtype"),
        (#"{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}"#, 8, "dtype"),
        (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8, "expected"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}"#, 8, "expected"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}"#, 8, "begin and an end"),
        (
            #"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}"#, 8,
            "dimensions"
        ),
        (#"{"a":[],"b":7}"#, 0, "expected"),
        (#"{"__metadata__":{"a":1}}"#, 0, "strings"),
        (#"{"__metadata__":[]}"#, 0, "object"),
        (#"{"a":"\ud800"}"#, 0, "surrogate"),
    ])
    func refusesEveryBadHeader(_ header: String, _ data: Int, _ word: String) {
        let error = #expect(throws: CheckpointError.self) {
            try Safetensors(Self.file(header, data: data))
        }
        #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }

    @Test(arguments: [UInt64(0), 5, 1 << 22, (1 << 22) + 1, 1 << 31, 1 << 63, .max])
    func refusesAHeaderLengthThatIsNotItsOwn(_ length: UInt64) {
        #expect(throws: CheckpointError.self) {
            try Safetensors(Self.file(Self.good, data: 16, length: length))
        }
    }

    @Test func refusesAHeaderThatIsNotUTF8() {
        var bytes = Self.file(Self.good, data: 16)
        bytes[10] = 0xFF
        let error = #expect(throws: CheckpointError.self) { try Safetensors(bytes) }
        #expect(error?.description.contains("UTF-8") == true)
    }

    @Test func refusesANameThatIsTooLong() {
        let name = String(repeating: "n", count: 257)
        let header = "{\"\(name)\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"
        #expect(throws: CheckpointError.self) { try Safetensors(Self.file(header, data: 0)) }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func refusesWhatIsNotFinite(_ value: Float) throws {
        var bytes = Self.file(Self.good, data: 12)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        let file = try Safetensors(bytes)
        let expected = CheckpointError.malformed(
            "safetensors file", field: "\"b\"", reason: "element 1 is not finite")
        #expect(throws: expected) { try file.floats("b") }
        #expect(throws: expected) { try file.requireFinite() }
        #expect(throws: CheckpointError.self) {
            try Safetensors.encode([.init(name: "b", shape: [1], values: [value])])
        }
    }

    @Test func everyTruncationIsRefusedAndNoFlippedByteTraps() throws {
        let bytes = Self.file(Self.good, data: 16)
        for length in 0..<bytes.count {
            #expect(throws: CheckpointError.self) { try Safetensors(bytes.prefix(length)) }
        }
        for offset in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var changed = bytes
                changed[offset] = value
                guard let file = try? Safetensors(changed) else { continue }
                for tensor in file.tensors { _ = try? file.floats(tensor.name) }
            }
        }
    }
}

@Suite struct AdapterTests {
    @Test func survivesItsFile() throws {
        let adapter = Sample.adapter()
        let bytes = try adapter.safetensors()
        let read = try Adapter(safetensors: bytes, base: adapter.base, shape: adapter.shape)
        #expect(read.values == adapter.values)
        #expect(try read.safetensors() == bytes)
        #expect(
            Adapter.parameterCount(base: adapter.base, shape: adapter.shape)
                == adapter.values.values.reduce(0) { $0 + $1.count })
    }

    @Test func namesAndShapesFollowTheBase() {
        let matrices = Adapter.matrices(base: Sample.base, shape: Sample.shape)
        #expect(matrices.map(\.name).prefix(2) == ["blk.0.attn_q", "blk.0.attn_k"])
        #expect(
            matrices.map { [$0.inputWidth, $0.outputWidth] }
                == [[4, 4], [4, 2], [4, 2], [4, 4], [4, 6], [4, 6], [6, 4]])
    }

    @Test func aMissingExtraOrMisshapenTensorIsNamed() throws {
        let adapter = Sample.adapter()
        var sources = adapter.matrices.flatMap {
            [
                Safetensors.Source(name: $0.aName, shape: $0.aShape, values: adapter.a(of: $0)),
                Safetensors.Source(name: $0.bName, shape: $0.bShape, values: adapter.b(of: $0)),
            ]
        }
        func error(_ sources: [Safetensors.Source]) throws -> String {
            let bytes = try Safetensors.encode(sources)
            let error = #expect(throws: CheckpointError.self) {
                try Adapter(safetensors: bytes, base: Sample.base, shape: Sample.shape)
            }
            return error?.description ?? ""
        }
        let last = sources.removeLast()
        #expect(try error(sources).contains("blk.0.ffn_down.lora_b: it is missing"))
        let turned = Safetensors.Source(
            name: last.name, shape: last.shape.reversed(), values: last.values)
        #expect(try error(sources + [turned]).contains("F32 [4, 2] was expected"))
        let extra = Safetensors.Source(name: "blk.1.attn_q.lora_a", shape: [0], values: [])
        #expect(try error(sources + [last, extra]).contains("blk.1.attn_q.lora_a"))
    }
}
