import Foundation

/// Any JSON value, for rows whose shape is not known yet.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses one row.
    ///
    /// - Errors: `malformedJSON` (with the parser's complaint), `invalidUTF8`. Nesting deeper than the
    ///   parser's limit (512) is malformed, not a crash.
    init(parsing bytes: some Collection<UInt8>) throws(FeedbackRefusal) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .invalidUTF8 }
        let data = Data(bytes)
        do {
            self = try JSONDecoder().decode(JSONValue.self, from: data)
        } catch {
            throw .malformedJSON(Self.complaint(about: data))
        }
    }

    var string: String? { if case .string(let value) = self { value } else { nil } }
    var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
    var number: Double? { if case .number(let value) = self { value } else { nil } }

    /// A member of an object; nil for JSON's null as for anything else that has no such member.
    subscript(key: String) -> JSONValue? {
        guard let value = object?[key], value != .null else { return nil }
        return value
    }

    /// What is wrong with a row that could not be decoded. The decoder does not say; the older parser does.
    private static func complaint(about data: Data) -> String {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return "a number or an escaped character in it does not exist"
        } catch {
            let detail = (error as NSError).userInfo["NSDebugDescription"] as? String
            return detail ?? "it cannot be parsed"
        }
    }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
