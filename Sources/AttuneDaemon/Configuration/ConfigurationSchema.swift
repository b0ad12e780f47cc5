package import Foundation

/// The JSON schema of the configuration file, made from the settings themselves.
package enum ConfigurationSchema {
    /// The document as published in `Schemas/configuration.schema.json`, keys sorted, ending in a
    /// newline.
    package static func document() throws -> Data {
        let root = Node()
        let defaults = DaemonConfiguration()
        for setting in DaemonConfiguration.settings {
            root.insert(setting, path: setting.key.split(separator: ".").map(String.init), defaults)
        }
        var object = root.object
        object["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        object["title"] = "Attune configuration"
        object["description"] =
            "The YAML file of attuned. Every setting can also be given as an environment variable."
        var data = try JSONSerialization.data(
            withJSONObject: object,
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        data.append(UInt8(ascii: "\n"))
        return data
    }

    /// An object of the schema while it grows.
    private final class Node {
        private var children: [String: Node] = [:]
        private var leaves: [String: [String: Any]] = [:]

        func insert(_ setting: Setting, path: [String], _ defaults: DaemonConfiguration) {
            guard path.count > 1 else {
                leaves[path[0]] = ConfigurationSchema.leaf(setting, defaults)
                return
            }
            let child = children[path[0]] ?? Node()
            children[path[0]] = child
            child.insert(setting, path: Array(path.dropFirst()), defaults)
        }

        var object: [String: Any] {
            let properties = leaves.merging(children.mapValues(\.object)) { $1 }
            return ["type": "object", "additionalProperties": false, "properties": properties]
        }
    }

    private static func leaf(_ setting: Setting, _ defaults: DaemonConfiguration) -> [String: Any] {
        var leaf: [String: Any] = [
            "description": "\(setting.summary) Environment: \(setting.environmentVariable)."
        ]
        switch setting.domain {
        case .integer(let range):
            leaf["type"] = "integer"
            leaf["minimum"] = range.lowerBound
            leaf["maximum"] = range.upperBound
        case .number(let range):
            leaf["type"] = "number"
            leaf["minimum"] = range.lowerBound
            leaf["maximum"] = range.upperBound
        case .boolean: leaf["type"] = "boolean"
        case .text: leaf["type"] = "string"
        case .list:
            leaf["type"] = "array"
            leaf["items"] = ["type": "string"]
        case .choice(let choices):
            leaf["type"] = "string"
            leaf["enum"] = choices
        }
        switch setting.get(defaults) {
        case .integer(let value): leaf["default"] = value
        case .number(let value): leaf["default"] = value
        case .boolean(let value): leaf["default"] = value
        case .text(let value): leaf["default"] = value
        case .list(let value): leaf["default"] = value
        case .absent: break
        }
        return leaf
    }
}
