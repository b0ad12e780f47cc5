import Foundation

/// Files of this target's `Fixtures` folder.
enum Fixture {
    static func data(_ name: String) throws -> Data {
        let folder = Bundle.module.url(forResource: "Fixtures", withExtension: nil)
        guard let url = folder?.appending(path: name) else { throw CocoaError(.fileNoSuchFile) }
        return try Data(contentsOf: url)
    }

    static func decode<T: Decodable>(_ type: T.Type, from name: String) throws -> T {
        try JSONDecoder().decode(type, from: data(name))
    }
}
