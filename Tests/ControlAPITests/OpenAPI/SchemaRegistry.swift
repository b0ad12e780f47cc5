import FeedbackFormats
import Foundation

/// Finds out the JSON form of types by watching them decode themselves; nobody writes a schema by hand.
///
/// A type is decoded several times from made-up input: once with every optional member absent, then once with each of
/// them present. A member that is decoded every time is required. If which members are decoded depends on
/// which are present, the type is a choice, and each successful set of members is one of its forms.
final class SchemaRegistry {
    private(set) var components: [String: Schema] = [:]

    /// The form of a type; object types become components and are referred to.
    func schema(of type: any Decodable.Type) -> Schema {
        switch type {
        case is String.Type: return .string(format: nil)
        case is Bool.Type: return .boolean
        case is any BinaryInteger.Type: return .integer
        case is any BinaryFloatingPoint.Type: return .number
        case is Date.Type, is Timestamp.Type: return .string(format: "date-time")
        case is Data.Type: return .string(format: "byte")
        case let type as any ListType.Type: return .array(schema(of: type.element))
        case let type as any MapType.Type: return .map(schema(of: type.value))
        case let type as any (CaseIterable & RawRepresentable<String>).Type:
            return .words(words(of: type))
        default: return observed(type)
        }
    }

    private func observed(_ type: any Decodable.Type) -> Schema {
        let name = Self.name(of: type)
        if components[name] != nil { return .reference(name) }
        if let text = Observation.plainText(of: type) {
            return .string(format: text)
        }
        // Stands in while the members are looked at, in case one of them is of this type.
        components[name] = .object([:])
        components[name] = form(of: type)
        return .reference(name)
    }

    private func form(of type: any Decodable.Type) -> Schema {
        let bare = Observation(of: type, present: nil)
        let runs = [bare] + bare.asked.sorted().map { Observation(of: type, present: $0) }
        let always = runs.map { $0.decoded.subtracting($0.asked) }
        if bare.succeeded, Set(always).count == 1 {
            let members = runs.reduce(into: [:]) { $0.merge($1.members) { first, _ in first } }
            return .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { key, type in
                        (key, property(type, isRequired: always[0].contains(key)))
                    }))
        }
        var forms: [[String: Schema.Property]] = []
        for run in runs where run.succeeded {
            let form = run.members.filter { run.decoded.contains($0.key) }
                .mapValues { property($0, isRequired: true) }
            if !forms.contains(form) { forms.append(form) }
        }
        return .oneOf(forms)
    }

    private func property(_ type: any Decodable.Type, isRequired: Bool) -> Schema.Property {
        Schema.Property(schema: schema(of: type), isRequired: isRequired)
    }

    /// `GateReport.Check`; a generic's arguments come first: `FeedbackEntryPage`, `RoundReportStreamLine`.
    static func name(of type: any Any.Type) -> String {
        let path = String(reflecting: type)
        guard let open = path.firstIndex(of: "<") else { return withoutModule(path[...]) }
        let argument = path[path.index(after: open)...].dropLast()
        return withoutModule(argument) + withoutModule(path[..<open])
    }

    private static func withoutModule(_ path: Substring) -> String {
        path.split(separator: ".").dropFirst().joined(separator: ".")
    }
}
