import Foundation

/// A JSON document kept exactly, for bytes that must not be read two ways.
///
/// Numbers stay text until someone asks, so integers up to 2⁶⁴−1 survive.
enum JSONValue: Hashable, Sendable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    case number(String)
    case bool(Bool)
    case null
}

extension JSONValue {
    /// The canonical form: RFC 8785, with integers allowed up to 2⁶⁴−1.
    ///
    /// UTF-8, no white space, keys in ascending order, the shortest escapes. An integer is written
    /// in decimal digits, so is a fraction that happens to be whole; other fractions are the
    /// shortest decimal that reads back as the same Double.
    func canonical() -> Data {
        var text = ""
        write(to: &text)
        return Data(text.utf8)
    }

    private func write(to text: inout String) {
        switch self {
        case .object(let members):
            text += "{"
            for (index, key) in members.keys.sorted(by: Self.precedes).enumerated() {
                if index > 0 { text += "," }
                Self.write(key, to: &text)
                text += ":"
                members[key]?.write(to: &text)
            }
            text += "}"
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .string(let string): Self.write(string, to: &text)
        case .number(let digits): text += Self.canonicalNumber(digits)
        case .bool(let value): text += value ? "true" : "false"
        case .null: text += "null"
        }
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf16.lexicographicallyPrecedes(right.utf16)
    }

    private static func canonicalNumber(_ digits: String) -> String {
        if let integer = Int64(digits) { return String(integer) }
        if let integer = UInt64(digits) { return String(integer) }
        let value = Double(digits) ?? .nan
        precondition(value.isFinite, "the parser lets only finite numbers through")
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{C}": text += "\\f"
            case "\0"..<" ":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue {
    /// The canonical bytes of a value whose `Codable` form is JSON.
    static func canonicalBytes(of value: some Encodable, _ what: String) throws -> Data {
        try JSONParser.parse(JSONEncoder().encode(value), what).canonical()
    }

    /// Reads a value from canonical bytes; any other spelling of the same document is refused.
    static func decode<Value: Codable>(
        _ type: Value.Type, canonical data: Data, _ what: String
    ) throws -> Value {
        let document = try JSONParser.parse(data, what)
        let value: Value
        do {
            value = try JSONDecoder().decode(type, from: data)
        } catch let error as CheckpointError {
            throw error
        } catch let error as DecodingError {
            throw CheckpointError.malformed(what, field: error.field, reason: error.reason)
        }
        guard document.canonical() == data, try canonicalBytes(of: value, what) == data else {
            throw CheckpointError.malformed(
                what, field: "document", reason: "it is not in canonical form or has unknown fields"
            )
        }
        return value
    }
}

extension DecodingError {
    fileprivate var context: Context {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context), .dataCorrupted(let context):
            context
        @unknown default: Context(codingPath: [], debugDescription: "unreadable")
        }
    }

    fileprivate var field: String {
        var path = context.codingPath.map(\.stringValue)
        if case .keyNotFound(let key, _) = self { path.append(key.stringValue) }
        return path.isEmpty ? "document" : quoted(path.joined(separator: "."))
    }

    fileprivate var reason: String {
        if case .keyNotFound = self { return "it is missing" }
        return quoted(context.debugDescription)
    }
}
