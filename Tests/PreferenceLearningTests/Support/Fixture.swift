import Foundation

/// Golden values made by the programs in `Tools/golden`.
enum Fixture {
    static func load<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        let url = Bundle.module.url(
            forResource: name, withExtension: "json", subdirectory: "Fixtures")
        guard let url else { throw MissingFixture(name: name) }
        return try JSONDecoder().decode(Value.self, from: try Data(contentsOf: url))
    }

    struct MissingFixture: Error, CustomStringConvertible {
        let name: String
        var description: String { "no fixture \(name).json; run Tools/golden/\(name).py" }
    }
}
