/// The part of JSON Schema that the control API's bodies need.
indirect enum Schema: Hashable {
    case string(format: String?)
    case words([String])
    case integer
    case number
    case boolean
    case array(Schema)
    case map(Schema)
    case reference(String)
    case object([String: Property])
    /// An object with exactly one of these sets of members.
    case oneOf([[String: Property]])

    struct Property: Hashable {
        var schema: Schema
        var isRequired: Bool
    }

    var json: JSONTree {
        switch self {
        case .string(nil): ["type": "string"]
        case .string(let format?): ["type": "string", "format": .string(format)]
        case .words(let words): ["type": "string", "enum": .array(words.map(JSONTree.string))]
        case .integer: ["type": "integer"]
        case .number:
            // Not-a-number and infinities travel as the strings "nan", "inf" and "-inf".
            ["type": ["number", "string"]]
        case .boolean: ["type": "boolean"]
        case .array(let element): ["type": "array", "items": element.json]
        case .map(let value): ["type": "object", "additionalProperties": value.json]
        case .reference(let name): ["$ref": .string("#/components/schemas/\(name)")]
        case .object(let properties): Self.json(properties)
        case .oneOf(let choices): ["oneOf": .array(choices.map(Self.json))]
        }
    }

    private static func json(_ properties: [String: Property]) -> JSONTree {
        let required = properties.filter(\.value.isRequired).keys.sorted()
        var tree: [String: JSONTree] = [
            "type": "object", "properties": .object(properties.mapValues(\.schema.json)),
        ]
        if !required.isEmpty { tree["required"] = .array(required.map(JSONTree.string)) }
        return .object(tree)
    }
}
