import ArgumentParser
import CheckpointStore
import ControlAPI
import Foundation

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Change or revoke the key that this host signs with.",
        discussion: """
            A host is its key. What hosts say of their own keys travels with every sync, both ways and before all else, \
            and is never taken back: heads signed with a key that was changed or revoked count nowhere any more.
            """,
        subcommands: [
            Show.self, Rotate.self, Revoke.self, Revocation.self, Apply.self,
        ])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show this host's key, and the hosts that it was before.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let key = try await options.connected { try await $0.send(ControlRoutes.showKey) }
            try options.output.show(key, KeyText.key)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key that the old one vouches for.",
            discussion: """
                Those who trust this host trust the new key, once a sync tells them. Two different keys that are said to come \
                after one prove that it was copied, and count as its revocation. A revocation that was made beforehand \
                is of the old key: make a new one.
                """)

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let change = try await options.connected {
                try await $0.send(ControlRoutes.rotateKey)
            }
            try options.output.show(change, KeyText.change)
            options.output.note("`attunectl sync` tells the others.")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Declare this host's key void, since somebody else may have it.",
            discussion: """
                It cannot be undone. What this host made stays; it gets another key at once, which others have to compare \
                and trust anew. To revoke the key of a host that is lost, `attunectl key apply` takes a revocation \
                that was made beforehand.
                """)

        @OptionGroup var options: GlobalOptions
        @Flag(help: "Do it without asking.")
        var yes = false

        func run() async throws {
            let change = try await options.connected { client in
                if !yes { try await confirm(client) }
                return try await client.send(ControlRoutes.revokeKey)
            }
            try options.output.show(change, KeyText.change)
            options.output.note(
                "`attunectl sync` tells the others; on each, `attunectl peer trust` the new one.")
        }

        private func confirm(_ client: ControlClient) async throws {
            guard Terminal.inputIsTerminal, !options.json else {
                throw ControlError(
                    .invalidRequest,
                    "cannot revoke the key unasked: it cannot be undone; say --yes if you mean it")
            }
            let key = try await client.send(ControlRoutes.showKey)
            let isMeant = Terminal.confirms(
                """
                Nothing that is signed with the key
                    \(key.fingerprint)
                will count any more, anywhere, for good. Revoke it?
                """)
            guard isMeant else {
                throw ControlError(.conflict, "the key is not revoked: nothing was changed")
            }
        }
    }

    struct Revocation: AsyncParsableCommand {
        private struct Result: Encodable {
            let host: HostID
            let fingerprint: String
            let output: String
        }

        static let configuration = CommandConfiguration(
            abstract: "Write a revocation of this host's key, to be kept elsewhere.",
            discussion: """
                Nothing is revoked by making it. When this host is lost or stolen, `attunectl key apply FILE` on any other \
                one publishes it. Whoever has the file can do that, and nothing else with it.
                """)

        @OptionGroup var options: GlobalOptions
        @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
        var output: String

        func run() async throws {
            let record = try await options.connected {
                try await $0.send(ControlRoutes.makeRevocation)
            }.record
            umask(0o077)
            let file = try OutputFile(path: output)
            try file.write(record.encoded() + Data("\n".utf8))
            try file.finish()
            let result = Result(
                host: record.host, fingerprint: record.host.fingerprint, output: output)
            try options.output.show(result) {
                "a revocation of \($0.fingerprint) is in \($0.output); keep it off this host"
            }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a revocation that was made beforehand, of any host's key.",
            discussion: """
                Needed where a host is lost: apply what `attunectl key revocation` wrote there on any host that syncs with \
                the others. It cannot be undone.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The file, or - for standard input.")
        var file: String

        func run() async throws {
            let data = try InputFile.read(file)
            let record = try KeyRecord(
                encoded: Data(data.prefix { $0 != UInt8(ascii: "\n") }))
            try await options.connected { client in
                try await client.send(
                    ControlRoutes.putKeyRecord, KeyRecordDelivery(record: record),
                    at: record.host.description)
            }
            try options.output.show(KeyText.Record(record), KeyText.record)
            options.output.note("`attunectl sync` tells the others.")
        }
    }
}
