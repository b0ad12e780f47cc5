import Foundation

extension Route {
    /// The path with its parameter filled in and escaped, and the query.
    package func target(parameter value: String?, query: [(key: String, value: String)] = [])
        -> String
    {
        var target = path
        if let parameter {
            precondition(value != nil, "route \(name) needs a value for \(parameter)")
            target = path.replacing("{\(parameter)}", with: value!.escapedForURL)
        }
        if !query.isEmpty {
            target += "?"
            target += query.map { "\($0.key.escapedForURL)=\($0.value.escapedForURL)" }
                .joined(separator: "&")
        }
        return target
    }
}

/// Writes a value with scalar members as query items, in the order of their keys; absent members are left out.
package func queryItems(of value: some Encodable) throws -> [(key: String, value: String)] {
    let data = try ControlProtocol.encoder().encode(value)
    return try ControlProtocol.decoder().decode([String: QueryScalar].self, from: data)
        .sorted { $0.key < $1.key }
        .map { (key: $0.key, value: $0.value.text) }
}

/// A member of a query: JSON's scalars, and nothing else.
private struct QueryScalar: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            text = value ? "true" : "false"
        } else if let value = try? container.decode(Int.self) {
            text = String(value)
        } else {
            text = try container.decode(String.self)
        }
    }
}

extension String {
    /// Every byte but RFC 3986's unreserved characters as a percent escape.
    fileprivate var escapedForURL: String {
        addingPercentEncoding(withAllowedCharacters: .unreserved)!
    }
}

extension CharacterSet {
    fileprivate static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
