/// One configuration key: its place in the tree, what it means, and which values it takes.
///
/// The table of all settings (``DaemonConfiguration/settings``) is the single source for reading,
/// checking, `config show`, the JSON schema and the man page.
package struct Setting: Sendable {
    /// The values a setting takes.
    package enum Domain: Sendable {
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case boolean
        case text
        /// A list of strings; in the environment separated by commas.
        case list
        case choice([String])
    }

    /// A value of a setting, as it is read and shown.
    package enum Value: Hashable, Sendable {
        case integer(Int)
        case number(Double)
        case boolean(Bool)
        case text(String)
        case list([String])
        case absent
    }

    /// Dotted camelCase, such as `training.batchSize`.
    package let key: String
    package let domain: Domain
    package let summary: String
    package let get: @Sendable (DaemonConfiguration) -> Value
    package let set: @Sendable (inout DaemonConfiguration, Value) -> Void

    /// The environment variable that sets it: `ATTUNE_TRAINING_BATCH_SIZE`.
    package var environmentVariable: String {
        let words = key.reduce(into: "ATTUNE_") { text, character in
            if character.isUppercase { text += "_" }
            text.append(character == "." ? "_" : character)
        }
        return words.uppercased()
    }
}

extension Setting {
    static func integer(
        _ key: String, _ path: any WritableKeyPath<DaemonConfiguration, Int> & Sendable,
        _ range: ClosedRange<Int>, _ summary: String
    ) -> Setting {
        Setting(
            key: key, domain: .integer(range), summary: summary,
            get: { .integer($0[keyPath: path]) },
            set: { if case .integer(let value) = $1 { $0[keyPath: path] = value } })
    }

    static func number(
        _ key: String, _ path: any WritableKeyPath<DaemonConfiguration, Double> & Sendable,
        _ range: ClosedRange<Double>, _ summary: String
    ) -> Setting {
        Setting(
            key: key, domain: .number(range), summary: summary,
            get: { .number($0[keyPath: path]) },
            set: { if case .number(let value) = $1 { $0[keyPath: path] = value } })
    }

    static func number(
        _ key: String, _ path: any WritableKeyPath<DaemonConfiguration, Float> & Sendable,
        _ range: ClosedRange<Double>, _ summary: String
    ) -> Setting {
        Setting(
            key: key, domain: .number(range), summary: summary,
            // Through the shortest text, so that 0.1 as a Float stays 0.1.
            get: { .number(Double("\($0[keyPath: path])") ?? .nan) },
            set: { if case .number(let value) = $1 { $0[keyPath: path] = Float(value) } })
    }

    static func boolean(
        _ key: String, _ path: any WritableKeyPath<DaemonConfiguration, Bool> & Sendable,
        _ summary: String
    ) -> Setting {
        Setting(
            key: key, domain: .boolean, summary: summary,
            get: { .boolean($0[keyPath: path]) },
            set: { if case .boolean(let value) = $1 { $0[keyPath: path] = value } })
    }

    static func text(
        _ key: String, _ path: any WritableKeyPath<DaemonConfiguration, String?> & Sendable,
        _ summary: String
    ) -> Setting {
        Setting(
            key: key, domain: .text, summary: summary,
            get: { $0[keyPath: path].map { .text($0) } ?? .absent },
            set: { if case .text(let value) = $1 { $0[keyPath: path] = value } })
    }

    static func list(
        _ key: String, _ path: any WritableKeyPath<DaemonConfiguration, [String]> & Sendable,
        _ summary: String
    ) -> Setting {
        Setting(
            key: key, domain: .list, summary: summary,
            get: { .list($0[keyPath: path]) },
            set: { if case .list(let value) = $1 { $0[keyPath: path] = value } })
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ key: String, _ path: any WritableKeyPath<DaemonConfiguration, Choice> & Sendable,
        _ summary: String
    ) -> Setting {
        Setting(
            key: key, domain: .choice(Choice.allCases.map(\.rawValue)), summary: summary,
            get: { .text($0[keyPath: path].rawValue) },
            set: {
                if case .text(let value) = $1, let choice = Choice(rawValue: value) {
                    $0[keyPath: path] = choice
                }
            })
    }
}

extension Setting.Domain {
    /// What a value must be, for messages.
    var expectation: String {
        switch self {
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .text: "text"
        case .list: "a list of strings"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        }
    }

    /// Whether a value of the right type is inside the domain.
    func contains(_ value: Setting.Value) -> Bool {
        switch (self, value) {
        case (.integer(let range), .integer(let number)): range.contains(number)
        case (.number(let range), .number(let number)): range.contains(number)
        case (.choice(let choices), .text(let text)): choices.contains(text)
        case (.boolean, .boolean), (.text, .text), (.list, .list): true
        default: false
        }
    }
}
