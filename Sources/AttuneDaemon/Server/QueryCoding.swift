import ControlAPI
import Foundation

/// Reads a value with scalar members from a URL's query.
///
/// A query has no types, so every member is tried as text first and as a number or truth value
/// where the type asks for one.
package enum QueryCoding {
    /// - Errors: ``ControlError`` of kind `invalid-request` naming the member.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from query: String
    ) throws -> Value {
        var members: [String: Member] = [:]
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts[0].removingPercentEncoding,
                let text = (parts.count > 1 ? parts[1] : "").removingPercentEncoding
            else { throw refusal("it is not percent-encoded UTF-8") }
            members[key] = .text(text)
        }
        while true {
            do {
                let data = try ControlProtocol.encoder().encode(members)
                return try ControlProtocol.decoder().decode(type, from: data)
            } catch DecodingError.typeMismatch(_, let context) {
                guard let key = context.codingPath.first?.stringValue,
                    case .text(let text) = members[key]
                else { throw refusal(context.debugDescription) }
                guard let scalar = Member(scalar: text) else {
                    throw refusal("\(key) is \"\(text)\", which is not a number or truth value")
                }
                members[key] = scalar
            } catch let error as DecodingError {
                throw refusal(error.plainReason)
            }
        }
    }

    private enum Member: Encodable {
        case text(String)
        case integer(Int)
        case number(Double)
        case boolean(Bool)

        init?(scalar text: String) {
            if let value = Int(text) {
                self = .integer(value)
            } else if let value = Double(text), value.isFinite {
                self = .number(value)
            } else if let value = Bool(text) {
                self = .boolean(value)
            } else {
                return nil
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .boolean(let value): try container.encode(value)
            }
        }
    }

    private static func refusal(_ reason: String) -> ControlError {
        ControlError(.invalidRequest, "cannot read the query: \(reason); correct it")
    }
}
