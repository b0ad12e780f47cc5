import Foundation
import Logging

/// How log metadata is written: as journal fields, and as `key=value` at a line's end.
enum LogFields {
    /// The journal's name of a metadata key: upper case, digits and underscores, never leading
    /// with an underscore (those are the journal's own) or a digit, at most 64 bytes.
    ///
    /// - Edge cases: nil when nothing usable is left.
    static func journalName(_ key: String) -> String? {
        let name = key.uppercased().map { character in
            character.isASCII && (character.isLetter || character.isNumber) ? character : "_"
        }
        let usable = name.drop { $0 == "_" || $0.isNumber }.prefix(64)
        return usable.isEmpty ? nil : String(usable)
    }

    /// The syslog priority of a level, 7 (debug) to 2 (critical).
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// ` key=value …` in key order; values with spaces or quotes are quoted.
    static func suffix(_ metadata: Logger.Metadata) -> String {
        metadata.sorted { $0.key < $1.key }
            .map { " \($0.key)=\(quoted($0.value.description))" }
            .joined()
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.allSatisfy { !$0.isWhitespace && $0 != "\"" }
        guard !isPlain else { return value }
        let escaped = value.replacingOccurrences(of: "\\", with: "\\\\")
            .replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
