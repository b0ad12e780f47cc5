import ArgumentParser
import Foundation
import attunectl

/// The tool's own description of its commands, as ArgumentParser dumps it.
struct ToolHelp: Decodable {
    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var spelling: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: String
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var abstract: String?
        var discussion: String?
    }

    var command: Command

    static func ofTool() throws -> Command {
        let dump = Attunectl._dumpHelp()
        return try JSONDecoder().decode(Self.self, from: Data(dump.utf8)).command
    }
}
