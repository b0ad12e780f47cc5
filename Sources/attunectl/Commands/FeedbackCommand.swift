import ArgumentParser
import ControlAPI
import FeedbackFormats
import Foundation

struct FeedbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feedback", abstract: "Give, list, take back and export feedback.",
        subcommands: [
            Add.self, Import.self, List.self, Show.self, Retract.self, Erase.self, Export.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List feedback, newest first.")

        @OptionGroup var options: GlobalOptions
        @Option(help: "Only this kind: \(valueList(Feedback.Kind.self)).")
        var kind: Feedback.Kind?
        @Option(help: ArgumentHelp("Only with this text in prompt or answers.", valueName: "text"))
        var search: String?
        @Flag(help: "Include what was taken back.")
        var retracted = false
        @Option(help: "At most this many.")
        var limit = 50

        func run() async throws {
            let entries = try await options.connected { client in
                try await allItems(limit: limit) { limit, after in
                    try await client.send(
                        ControlRoutes.listFeedback,
                        FeedbackQuery(
                            kind: kind, search: search, retracted: retracted ? true : nil,
                            limit: limit, after: after))
                }
            }
            try options.output.list(entries, FeedbackText.table)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a feedback in full.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The feedback's id.")
        var id: String

        func run() async throws {
            let entry = try await options.connected {
                try await $0.send(ControlRoutes.showFeedback, at: id)
            }
            try options.output.show(entry, FeedbackText.entry)
        }
    }

    struct Retract: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take feedback back; it is never trained on again.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The feedback's id.")
        var ids: [String]

        func run() async throws {
            try await options.connected { client in
                for id in ids {
                    let entry = try await client.send(ControlRoutes.retractFeedback, at: id)
                    try options.output.show(entry) { "retracted \($0.id)" }
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all feedback that was not taken back, as JSON Lines.")

        @OptionGroup var options: GlobalOptions
        @Option(help: "\(valueList(FeedbackExport.self)).")
        var format = FeedbackExport.trl
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp(
                "The file to write; standard output unless said.", valueName: "path"),
            completion: .file())
        var output: String?

        func run() async throws {
            let file = try output.map { try OutputFile(path: $0) }
            try await options.connected { client in
                try await client.download(
                    ControlRoutes.exportFeedback, FeedbackExportQuery(format: format)
                ) { chunk in
                    if let file {
                        try file.write(chunk)
                    } else {
                        Terminal.write(chunk)
                    }
                }
            }
            try file?.finish()
            if let output { options.output.note("wrote \(output)") }
        }
    }
}
