/// Why a configuration was refused.
package enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case unknownKey(String, file: String, suggestion: String?)
    /// - Parameter source: where the value came from, such as a file's path.
    case invalidValue(key: String, source: String?, value: String?, expected: String)
    case inconsistent(reason: String, remedy: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "cannot read the configuration \(file): \(reason)"
        case .unknownKey(let key, let file, let suggestion):
            "cannot use the configuration \(file): there is no setting \"\(key)\"; "
                + (suggestion.map { "did you mean \"\($0)\"?" }
                    ?? "`attunectl config show` lists them all")
        case .invalidValue(let key, let source, let value, let expected):
            "cannot use the setting \(key)\(source.map { " from \($0)" } ?? ""):"
                + " \(value.map { "\"\($0)\" is not " } ?? "it is not ")\(expected); correct it"
        case .inconsistent(let reason, let remedy):
            "cannot use the configuration: \(reason); \(remedy)"
        }
    }
}

extension ConfigurationError {
    /// The known key nearest to a mistyped one, if any is near enough to be meant.
    static func nearest(to key: String, among known: [String]) -> String? {
        let ranked = known.map {
            (key: $0, distance: editDistance($0.lowercased(), key.lowercased()))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }),
            best.distance <= max(2, key.count / 3)
        else { return nil }
        return best.key
    }

    /// Levenshtein's distance, in characters.
    static func editDistance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substitution = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
