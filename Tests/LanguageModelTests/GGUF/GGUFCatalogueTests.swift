import LanguageModel
import Testing

/// The catalogue of hostile containers: each is refused with the field and the fault, none traps.
@Suite struct GGUFCatalogueTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var field: String
        var fault: GGUFError.Fault
        var bytes: [UInt8]
        var testDescription: String { name }

        /// A sound file, spoiled.
        init(
            _ name: String, _ field: String, _ fault: GGUFError.Fault,
            spoil: (inout GGUFImage) -> Void
        ) {
            var image = GGUFImage.sound
            spoil(&image)
            self.init(name, field, fault, bytes: image.bytes)
        }

        init(_ name: String, _ field: String, _ fault: GGUFError.Fault, bytes: [UInt8]) {
            (self.name, self.field, self.fault, self.bytes) = (name, field, fault, bytes)
        }
    }

    @Test(arguments: header + keys + tensors)
    func isRefused(_ item: Case) throws {
        let error = #expect(throws: GGUFError.self) { try GGUFFile(bytes: item.bytes) }
        guard case .malformed(let field, let offset, let fault) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(field == item.field)
        #expect(fault == item.fault)
        #expect((0...item.bytes.count).contains(offset))
        #expect("\(error!)".contains("\(offset)"))
    }

    static let header: [Case] = [
        Case("empty file", "magic", .truncated(needed: 4, available: 0), bytes: []),
        Case("bad magic", "magic", .badMagic(0x4C47_4747)) { $0.magic = 0x4C47_4747 },
        Case("version 0", "version", .unsupportedVersion(0)) { $0.version = 0 },
        Case("version 1", "version", .unsupportedVersion(1)) { $0.version = 1 },
        Case("future version", "version", .unsupportedVersion(4)) { $0.version = 4 },
        Case("big-endian", "version", .unsupportedVersion(0x0300_0000)) {
            $0.version = 0x0300_0000
        },
        Case("tensor count -1", "tensor count", .countExceedsFile(.max)) {
            $0.statedTensorCount = .max
        },
        Case("tensor count 2^63", "tensor count", .countExceedsFile(1 << 63)) {
            $0.statedTensorCount = 1 << 63
        },
        Case("key count -1", "key count", .countExceedsFile(.max)) { $0.statedKeyCount = .max },
        Case("key count 2^63", "key count", .countExceedsFile(1 << 63)) {
            $0.statedKeyCount = 1 << 63
        },
        Case("too many keys", "key count", .countExceedsLimit(20_000, limit: 16_384)) { image in
            for index in 11..<20_000 { image.add("\(index)", .uint8(0)) }
        },
        Case("a key too few", "tensor 2", .emptyName) { image in
            image.statedKeyCount = 11
            image.statedTensorCount = 3
            image.addTensor("", shape: [1], bytes: [0, 0, 0, 0])
        },
    ]

    static let keys: [Case] = [
        Case("key length -1", "key 11", .truncated(needed: .max, available: 165)) {
            $0.addRawKey(GGUFImage.integer(UInt64.max) + [0])
        },
        Case("empty key", "key 11", .emptyName) { $0.add("", .uint8(0)) },
        Case("key too long", "key 11", .nameTooLong(65_536)) {
            $0.add(String(repeating: "k", count: 65_536), .uint8(0))
        },
        Case("key not UTF-8", "key 11", .notUTF8) {
            $0.addRawKey(GGUFImage.integer(UInt64(2)) + [0xC3, 0x28, 0, 0, 0, 0, 0])
        },
        Case("bad type", "k", .unknownValueType(13)) { $0.add("k", .raw(type: 13, [0])) },
        Case("duplicate", "number", .duplicate) { $0.add("number", .uint32(1)) },
        Case("boolean 2", "k", .badBoolean(2)) { $0.add("k", .raw(type: 7, [2])) },
        Case("alignment 13", "general.alignment", .badAlignment(13)) {
            $0.add("general.alignment", .uint32(13))
        },
        Case("alignment 0", "general.alignment", .badAlignment(0)) {
            $0.add("general.alignment", .uint32(0))
        },
        Case("alignment 2^30", "general.alignment", .badAlignment(1 << 30)) {
            $0.add("general.alignment", .uint32(1 << 30))
        },
        Case(
            "alignment of a wrong type", "general.alignment",
            .wrongType(.string, expected: .uint32)
        ) { $0.add("general.alignment", .string("32")) },
        Case("nested array", "k", .nestedArray) {
            $0.add("k", .raw(type: 9, GGUFImage.integer(UInt32(9)) + GGUFImage.integer(UInt64(0))))
        },
        Case("bad element type", "k", .unknownValueType(99)) {
            $0.add("k", .raw(type: 9, GGUFImage.integer(UInt32(99)) + GGUFImage.integer(UInt64(0))))
        },
        Case("array element not UTF-8", "k[1]", .notUTF8) {
            let elements = GGUFImage.text("a") + GGUFImage.integer(UInt64(1)) + [0xFF]
            $0.add(
                "k",
                .raw(
                    type: 9, GGUFImage.integer(UInt32(8)) + GGUFImage.integer(UInt64(2)) + elements)
            )
        },
        Case("text not UTF-8", "k", .notUTF8) {
            $0.add("k", .raw(type: 8, GGUFImage.integer(UInt64(1)) + [0xFF]))
        },
        Case(
            "array length 2^63 in a small file", "k", .countExceedsFile(1 << 63),
            bytes: {
                var image = GGUFImage()
                image.add(
                    "k",
                    .raw(type: 9, GGUFImage.integer(UInt32(0)) + GGUFImage.integer(UInt64(1) << 63))
                )
                return image.bytes
            }()),
        Case(
            "string of 1 GiB in a small file", "k", .truncated(needed: 1 << 30, available: 4),
            bytes: {
                var image = GGUFImage()
                image.add("k", .raw(type: 8, GGUFImage.integer(UInt64(1) << 30) + [0, 0, 0, 0]))
                return image.bytes
            }()),
    ]

    static let tensors: [Case] = [
        Case("name too long", "tensor 2", .nameTooLong(65)) {
            $0.addTensor(String(repeating: "n", count: 65), shape: [1], bytes: [0, 0, 0, 0])
        },
        Case("no dimensions", "c", .badDimensionCount(0)) {
            $0.addTensor("c", shape: [], bytes: [0, 0, 0, 0])
        },
        Case("five dimensions", "c", .badDimensionCount(5)) {
            $0.addTensor("c", shape: [1, 1, 1, 1, 1], bytes: [0, 0, 0, 0])
        },
        Case("2^32 - 1 dimensions", "c", .badDimensionCount(.max)) {
            $0.addTensor("c", shape: [1], bytes: [], statedDimensionCount: .max)
        },
        Case("zero dimension", "c", .badDimension(0)) {
            $0.addTensor("c", shape: [4, 0], bytes: [])
        },
        Case("negative dimension", "c", .badDimension(-1)) {
            $0.addTensor("c", shape: [4, -1], bytes: [])
        },
        Case("element count wraps", "c", .sizeOverflows) {
            $0.addTensor("c", shape: [(1 << 42) + 1, 1 << 42], bytes: [0, 0, 0, 0])
        },
        Case("byte size wraps", "c", .sizeOverflows) {
            $0.addTensor("c", shape: [1 << 62], bytes: [0, 0, 0, 0])
        },
        Case("a size near 2^63", "c", .sizeOverflows) {
            $0.addTensor("c", shape: [0x7FFF_FFFF_FFFF_FFC0 / 4 + 64], bytes: [])
        },
        Case(
            "two sizes whose sum wraps", "c",
            .beyondEndOfFile(needed: 0x8000_0000_0000_0240, available: 640)
        ) {
            $0.addTensor("c", shape: [0x1FFF_FFFF_FFFF_FFF0], bytes: [])
            $0.addTensor(
                "d", shape: [0x1FFF_FFFF_FFFF_FFF0], bytes: [], offset: 0x7FFF_FFFF_FFFF_FFC0)
        },
        Case("unknown type", "c", .unsupportedTensorType(4)) {
            $0.addTensor("c", type: 4, shape: [32], bytes: [UInt8](repeating: 0, count: 32))
        },
        Case("row not whole blocks", "c", .rowNotWholeBlocks(width: 33, blockSize: 32)) {
            $0.addTensor("c", type: 8, shape: [33], bytes: [UInt8](repeating: 0, count: 68))
        },
        Case("misaligned", "c", .misaligned(offset: 65, alignment: 32)) {
            $0.addTensor("c", shape: [1], bytes: [0, 0, 0, 0], offset: 65)
        },
        Case("offset that wraps", "c", .sizeOverflows) {
            $0.addTensor("c", shape: [1], bytes: [0, 0, 0, 0], offset: .max - 31)
        },
        Case("offset past the end", "c", .beyondEndOfFile(needed: 1_049_060, available: 580)) {
            $0.addTensor("c", shape: [1], bytes: [0, 0, 0, 0], offset: 1 << 20)
        },
        Case("size past the end", "c", .beyondEndOfFile(needed: 584, available: 580)) {
            $0.addTensor("c", shape: [2], bytes: [0, 0, 0, 0])
        },
        Case("overlap", "c", .overlaps(tensor: "b")) {
            $0.addTensor("c", shape: [1], bytes: [0, 0, 0, 0], offset: 64)
        },
        Case("duplicate name", "a", .duplicate) {
            $0.addTensor("a", shape: [1], bytes: [0, 0, 0, 0])
        },
    ]
}
