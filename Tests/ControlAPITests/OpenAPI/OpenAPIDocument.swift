import ControlAPI
import Foundation

/// The OpenAPI 3.1 document of the control API, made from the route table and the bodies' types.
struct OpenAPIDocument {
    private let registry = SchemaRegistry()

    /// Indented, keys sorted, with a line feed at the end.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(tree()), as: UTF8.self) + "\n"
    }

    private func tree() -> JSONTree {
        var paths: [String: [String: JSONTree]] = [:]
        for route in ControlRoutes.all {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route)
        }
        let error = registry.schema(of: ErrorBody.self).json
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Attune control API",
                "version": .string(String(ControlProtocol.version)),
                "description": """
                HTTP/1.1 and JSON over a Unix socket. Both sides state the protocol's version in the header attune-api. \
                Made from the route table in Sources/ControlAPI; do not edit.
                """,
            ],
            "servers": [["url": "http+unix://%2Frun%2Fattune%2Fattuned.sock"]],
            "paths": .object(paths.mapValues(JSONTree.object)),
            "components": [
                "schemas": .object(registry.components.mapValues(\.json)),
                "responses": .object(
                    Dictionary(
                        uniqueKeysWithValues: statuses.map { status in
                            (String(status), response(status, error))
                        })),
            ],
            "x-attune-error-kinds": .array(
                ErrorKind.allCases.map { kind in
                    [
                        "kind": .string(kind.rawValue), "status": .integer(kind.httpStatus),
                        "exitCode": .integer(Int(kind.exitCode.rawValue)),
                    ]
                }),
        ]
    }

    private var statuses: [Int] { Set(ErrorKind.allCases.map(\.httpStatus)).sorted() }

    private func response(_ status: Int, _ error: JSONTree) -> JSONTree {
        let kinds = ErrorKind.allCases.filter { $0.httpStatus == status }.map(\.rawValue)
        return [
            "description": .string(kinds.joined(separator: ", ")),
            "content": [MediaType.json.rawValue: ["schema": error]],
        ]
    }

    private func operation(_ route: Route) -> JSONTree {
        var operation: [String: JSONTree] = [
            "operationId": .string(route.name), "summary": .string(route.summary),
            "responses": .object(responses(route)),
            "x-attune-errors": .array(errors(of: route).map { .string($0.rawValue) }),
        ]
        let parameters = pathParameters(route) + queryParameters(route)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if !isQuery(route), let content = content(route.input) {
            operation["requestBody"] = ["required": .boolean(true), "content": content]
        }
        return .object(operation)
    }

    /// Statuses by number; an answer without a body is 204, but for HEAD, which describes the one GET would give.
    private func responses(_ route: Route) -> [String: JSONTree] {
        var responses: [String: JSONTree] = [:]
        if let content = content(route.output) {
            responses["200"] = ["description": .string("Done."), "content": content]
        } else if route.method == .head {
            responses["200"] = ["description": "It is there."]
        } else {
            responses["204"] = ["description": "Done."]
        }
        for kind in errors(of: route) {
            let status = String(kind.httpStatus)
            responses[status] = ["$ref": .string("#/components/responses/\(status)")]
        }
        return responses
    }

    private func errors(of route: Route) -> [ErrorKind] {
        let kinds = Set(Route.commonErrors + route.errors)
        return ErrorKind.allCases.filter(kinds.contains)
    }

    private func content(_ payload: Payload) -> JSONTree? {
        guard let media = payload.mediaType?.rawValue else { return nil }
        switch payload {
        case .none: return nil
        case .json(let type): return [media: ["schema": registry.schema(of: type).json]]
        case .jsonLines(let type):
            return [
                media: ["schema": registry.schema(of: type).json, "x-attune-lines": .boolean(true)]
            ]
        case .bytes:
            return [media: ["schema": ["type": "string", "format": "binary"]]]
        }
    }

    private func pathParameters(_ route: Route) -> [JSONTree] {
        guard let name = route.parameter else { return [] }
        return [
            [
                "name": .string(name), "in": "path", "required": .boolean(true),
                "schema": ["type": "string"],
            ]
        ]
    }

    private func isQuery(_ route: Route) -> Bool {
        route.method == .get || route.method == .head
    }

    private func queryParameters(_ route: Route) -> [JSONTree] {
        guard isQuery(route), case .json(let type) = route.input,
            case .reference(let name) = registry.schema(of: type),
            case .object(let properties)? = registry.components[name]
        else { return [] }
        return properties.sorted { $0.key < $1.key }.map { key, property in
            [
                "name": .string(key), "in": "query", "required": .boolean(property.isRequired),
                "schema": property.schema.json,
            ]
        }
    }
}
