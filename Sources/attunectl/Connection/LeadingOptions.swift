/// Lets the options that every command takes stand before the command, too: `attunectl --socket S status`.
package enum LeadingOptions {
    private static let flags: Set<String> = ["--json", "--quiet", "-q"]
    private static let valued: Set<String> = ["--socket", "--host"]

    /// The arguments with leading global options moved to the end, or before a `--`.
    package static func moved(in arguments: [String]) -> [String] {
        let (leading, rest) = split(arguments)
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return rest[..<end] + leading + rest[end...]
    }

    /// The arguments without leading global options.
    package static func removed(from arguments: [String]) -> [String] {
        Array(split(arguments).rest)
    }

    private static func split(
        _ arguments: [String]
    ) -> (leading: [String], rest: ArraySlice<String>) {
        var rest = arguments[...]
        var leading: [String] = []
        while let first = rest.first {
            if flags.contains(first) || valued.contains(where: { first.hasPrefix($0 + "=") }) {
                leading.append(rest.removeFirst())
            } else if valued.contains(first), rest.count >= 2 {
                leading += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        return (leading, rest)
    }
}
