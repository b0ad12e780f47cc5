import Foundation

/// As much of JSON Schema 2020-12 as the manifest's schema uses; a keyword it does not know is an
/// error.
struct JSONSchema: @unchecked Sendable {  // Holds immutable Foundation values only.
    struct UnknownKeyword: Error { let keyword: String }

    private let root: [String: Any]

    init(_ data: Data) throws {
        root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    func accepts(_ document: Data) throws -> Bool {
        try matches(JSONSerialization.jsonObject(with: document), root)
    }

    private func matches(_ value: Any, _ schema: [String: Any]) throws -> Bool {
        for (keyword, rule) in schema where try !matches(value, keyword, rule, schema) {
            return false
        }
        return true
    }

    private func matches(
        _ value: Any, _ keyword: String, _ rule: Any, _ schema: [String: Any]
    ) throws -> Bool {
        let object = value as? [String: Any]
        let array = value as? [Any]
        let text = value as? String
        let number = text == nil ? (value as? NSNumber)?.doubleValue : nil
        let limit = (rule as? NSNumber)?.doubleValue ?? 0
        switch keyword {
        case "$schema", "$defs", "title", "description", "then": return true
        case "$ref": return try matches(value, definition(rule))
        case "type": return matchesType(value, rule as? String ?? "")
        case "const": return (value as? NSObject) == (rule as? NSObject)
        case "enum": return (rule as? [NSObject])?.contains { $0 == value as? NSObject } == true
        case "minimum": return number.map { $0 >= limit } ?? true
        case "maximum": return number.map { $0 <= limit } ?? true
        case "minLength": return text.map { Double($0.unicodeScalars.count) >= limit } ?? true
        case "maxLength": return text.map { Double($0.unicodeScalars.count) <= limit } ?? true
        case "pattern":
            guard let text, let pattern = rule as? String else { return true }
            return try text.firstMatch(of: Regex(pattern)) != nil
        case "minItems": return array.map { Double($0.count) >= limit } ?? true
        case "maxItems": return array.map { Double($0.count) <= limit } ?? true
        case "uniqueItems":
            return array.map { Set($0.compactMap { $0 as? NSObject }).count == $0.count } ?? true
        case "items":
            return try array?.allSatisfy { try matches($0, subschema(rule)) } ?? true
        case "required":
            return object.map { object in
                (rule as? [String] ?? []).allSatisfy { object[$0] != nil }
            } ?? true
        case "maxProperties": return object.map { Double($0.count) <= limit } ?? true
        case "propertyNames":
            return try object?.keys.allSatisfy { try matches($0, subschema(rule)) } ?? true
        case "properties":
            let properties = subschema(rule)
            return try object?.allSatisfy { key, member in
                try properties[key].map { try matches(member, subschema($0)) } ?? true
            } ?? true
        case "additionalProperties":
            let known = subschema(schema["properties"] ?? [:])
            return try object?.filter { known[$0.key] == nil }.allSatisfy { _, member in
                try (rule as? Bool) ?? matches(member, subschema(rule))
            } ?? true
        case "if":
            guard try matches(value, subschema(rule)), let then = schema["then"] else {
                return true
            }
            return try matches(value, subschema(then))
        default: throw UnknownKeyword(keyword: keyword)
        }
    }

    private func subschema(_ rule: Any) -> [String: Any] { rule as? [String: Any] ?? [:] }

    private func definition(_ reference: Any) -> [String: Any] {
        let name = (reference as? String)?.components(separatedBy: "/").last ?? ""
        return subschema(subschema(root["$defs"] ?? [:])[name] ?? [:])
    }

    private func matchesType(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "integer":
            (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
        case "number": value is NSNumber
        default: false
        }
    }
}
