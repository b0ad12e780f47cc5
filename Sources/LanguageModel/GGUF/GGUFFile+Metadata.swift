/// Metadata that must be there and of the right type, for whoever builds a model from it.
extension GGUFFile {
    package func value(_ key: String) throws(GGUFError) -> GGUFValue {
        guard let value = metadata[key] else { throw .missing(field: key) }
        return value
    }

    package func int(_ key: String, within range: ClosedRange<Int>) throws(GGUFError) -> Int {
        let value = try value(key)
        guard let int = value.int else { throw unusable(key, value, "an integer") }
        guard range.contains(int) else {
            throw .unusable(field: key, reason: "\(int) is not within \(range)")
        }
        return int
    }

    package func string(_ key: String) throws(GGUFError) -> String {
        let value = try value(key)
        guard let string = value.string else { throw unusable(key, value, "a string") }
        return string
    }

    package func strings(_ key: String) throws(GGUFError) -> [String] {
        let value = try value(key)
        guard let strings = value.strings else { throw unusable(key, value, "an array of strings") }
        return strings
    }

    package func ints(_ key: String) throws(GGUFError) -> [Int] {
        let value = try value(key)
        guard let ints = value.ints else { throw unusable(key, value, "an array of integers") }
        return ints
    }

    /// A float that is finite and positive, or `fallback` where the file says nothing.
    package func positive(_ key: String, default fallback: Float) throws(GGUFError) -> Float {
        guard let value = metadata[key] else { return fallback }
        guard let float = value.float else { throw unusable(key, value, "a float") }
        guard float.isFinite, float > 0 else {
            throw .unusable(field: key, reason: "\(float) is not a positive number")
        }
        return float
    }

    private func unusable(_ key: String, _ value: GGUFValue, _ wanted: String) -> GGUFError {
        let found = value.array.map { "an array of \($0.elementType)" } ?? "\(value.type)"
        return .unusable(field: key, reason: "it is \(found), not \(wanted)")
    }
}
