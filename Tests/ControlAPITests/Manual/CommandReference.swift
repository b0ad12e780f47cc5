/// The manual's reference of all commands, in scdoc.
struct CommandReference {
    /// Explained once for all commands.
    private static let common: Set<String> = [
        "--socket", "--host", "--json", "--quiet", "--help", "--version",
    ]

    let tool: ToolHelp.Command

    var text: String {
        sections(tool.subcommands ?? [], after: tool.commandName).joined(separator: "\n\n")
    }

    private func sections(_ commands: [ToolHelp.Command], after path: String) -> [String] {
        commands.filter { $0.commandName != "help" }.flatMap { command in
            let path = "\(path) \(command.commandName)"
            guard let subcommands = command.subcommands, !subcommands.isEmpty else {
                return [section(command, path)]
            }
            let head = ["## \(path)", words(command)].joined(separator: "\n\n")
            return [head] + sections(subcommands, after: path)
        }
    }

    private func section(_ command: ToolHelp.Command, _ path: String) -> String {
        let arguments = (command.arguments ?? []).filter { argument in
            !(argument.names ?? []).contains { Self.common.contains($0.spelling) }
        }
        let positional = arguments.filter { $0.kind == "positional" }.map { argument in
            let name = "_\(escaped(argument.valueName ?? ""))_" + (argument.isRepeating ? "…" : "")
            return argument.isOptional ? "[\(name)]" : name
        }
        let usage = positional.isEmpty ? [] : ["*\(path)* " + positional.joined(separator: " ")]
        return (["## \(path)"] + usage + [words(command)] + arguments.compactMap(entry))
            .joined(separator: "\n\n")
    }

    private func words(_ command: ToolHelp.Command) -> String {
        [command.abstract, command.discussion].compactMap(\.self).map(escaped)
            .joined(separator: "\n\n")
    }

    private func entry(_ argument: ToolHelp.Argument) -> String? {
        let words = [argument.abstract, argument.discussion].compactMap(\.self)
            .joined(separator: " ")
        guard !words.isEmpty else { return nil }
        let value = argument.kind == "flag" ? "" : " _\(escaped(argument.valueName ?? ""))_"
        let names = (argument.names ?? []).map { "*\($0.spelling)*\(value)" }
        let title =
            names.isEmpty ? "_\(escaped(argument.valueName ?? ""))_" : names.joined(separator: ", ")
        return "\(title)\n\t\(escaped(words))"
    }

    /// Text without meaning to scdoc; one paragraph, since that does not start like a list or a heading.
    private func escaped(_ text: String) -> String {
        let inner = text.replacing("\\", with: "\\\\").replacing("_", with: "\\_")
            .replacing("*", with: "\\*").replacing("\n", with: " ")
        return inner.first.map { "-#;[]|:.'`".contains($0) } == true ? "\\" + inner : inner
    }
}
