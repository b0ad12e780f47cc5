import CheckpointStore
import Foundation
import Testing

@Suite struct ObjectIDTests {
    @Test func namesBytesByTheirSHA256() {
        #expect(
            ObjectID(hashing: Data("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(arguments: [
        "", "../../../../etc/passwd", String(repeating: "A", count: 64),
        String(repeating: "a", count: 63), String(repeating: "a", count: 65),
        String(repeating: "a", count: 63) + "/", String(repeating: "a", count: 62) + "é",
        String(repeating: "a", count: 63) + "\0",
    ])
    func refusesEverythingButSixtyFourLowerCaseHexDigits(_ text: String) throws {
        #expect(ObjectID(text) == nil)
        #expect(throws: CheckpointError.self) { try ObjectID(validating: text) }
        let json = try JSONEncoder().encode([text])
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([ObjectID].self, from: json)
        }
    }

    @Test func survivesJSONAsAPlainString() throws {
        let id = ObjectID(hashing: Data("abc".utf8))
        let json = try JSONEncoder().encode([id])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(id.hex)\"]")
        #expect(try JSONDecoder().decode([ObjectID].self, from: json) == [id])
    }
}
