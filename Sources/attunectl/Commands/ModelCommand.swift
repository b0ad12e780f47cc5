import ArgumentParser
import ControlAPI
import Foundation

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Manage base models.",
        subcommands: [List.self, Add.self, Use.self, Verify.self, Tokenize.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the base models.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let models = try await options.connected {
                try await $0.send(ControlRoutes.listModels).items
            }
            try options.output.list(models, ModelText.table)
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a GGUF file.",
            discussion:
                "The file stays where it is and must be readable by the daemon, on its host.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The file.", completion: .file(extensions: ["gguf"]))
        var path: String
        @Option(help: "What to call it; the file's name unless said.")
        var name: String?

        func run() async throws {
            let path = options.host == nil ? URL(filePath: path).standardizedFileURL.path : path
            let model = try await options.connected {
                try await $0.send(ControlRoutes.addModel, ModelAddition(path: path, name: name))
            }
            try options.output.show(model, ModelText.model)
        }
    }

    struct Use: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a model the one in use.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The model's name.")
        var name: String

        func run() async throws {
            let model = try await options.connected {
                try await $0.send(ControlRoutes.useModel, at: name)
            }
            try options.output.show(model, ModelText.model)
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read a model's file again and compare its fingerprint.",
            discussion: "Ends with code 5 if anything is not as it should be.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The model's name.")
        var name: String

        func run() async throws {
            let report = try await options.connected {
                try await $0.send(ControlRoutes.verifyModel, at: name)
            }
            try options.output.show(report) { StatusText.checks($0.checks) }
            if !report.isSound { throw Ending(.integrity) }
        }
    }

    struct Tokenize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn text into tokens of the model in use, or tokens into text.",
            discussion: """
                Without text, standard input is read whole. With --lines every line of it is a text of its own, and \
                every line of the output its tokens as JSON.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The text.")
        var text: String?
        @Flag(help: "Take special tokens in the text as such; otherwise they are plain text.")
        var special = false
        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp("Turn these tokens into text.", valueName: "id"))
        var decode: [Int32] = []
        @Flag(help: "Tokenize each line of standard input.")
        var lines = false

        func validate() throws {
            let ways = [text != nil, !decode.isEmpty, lines].filter(\.self).count
            if ways > 1 { throw ValidationError("give a text, --decode or --lines, one of them") }
        }

        func run() async throws {
            try await options.connected { client in
                if lines { return try await tokenizeLines(client) }
                let order =
                    decode.isEmpty
                    ? TokenizationOrder(
                        text: try text ?? InputFile.standardInput(), special: special)
                    : TokenizationOrder(tokens: decode)
                let result = try await client.send(ControlRoutes.tokenize, order)
                try options.output.show(result) { result in
                    decode.isEmpty ? ModelText.tokens(result) : result.text
                }
            }
        }

        private func tokenizeLines(_ client: ControlClient) async throws {
            for line in try InputFile.standardInputLines() {
                let result = try await client.send(
                    ControlRoutes.tokenize, TokenizationOrder(text: line, special: special))
                try options.output.line(result.tokens)
            }
        }
    }
}
