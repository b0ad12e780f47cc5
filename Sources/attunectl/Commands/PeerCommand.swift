import ArgumentParser
import CheckpointStore
import ControlAPI

struct PeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "Name other hosts, and say which of them you trust.",
        discussion: """
            Sync takes checkpoints from anyone it is pointed at and activates none. Put to use here is only what this \
            host made itself, or what a trusted host vouches for with its signed head. Feedback, which is text, goes \
            only to a host that is trusted for it, on both sides. A host is named by its peer's name or by the \
            beginning of its fingerprint.
            """,
        subcommands: [List.self, Show.self, Add.self, Trust.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List peers, and hosts whose checkpoints came by way of them.")

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let list = try await options.connected { try await $0.send(ControlRoutes.listPeers) }
            try options.output.list(list.peers, PeerText.table)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a peer, or without a name this host.",
            discussion:
                "What `--fingerprint` prints on a host is what others compare before they trust it."
        )

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The peer; this host itself unless said.")
        var name: String?
        @Flag(help: "Print the fingerprint alone.")
        var fingerprint = false

        func run() async throws {
            let list = try await options.connected { try await $0.send(ControlRoutes.listPeers) }
            let peer =
                try name.map(list.peer)
                ?? PeerReport(
                    name: nil, address: nil, host: list.host, trusted: true, head: nil, addedAt: nil
                )
            try options.output.show(peer) { peer in
                fingerprint ? peer.fingerprint ?? "" : PeerText.peer(peer)
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put another host's address on record, under a name.",
            discussion: "The address of a known peer is changed; that it is trusted stays.")

        @OptionGroup var options: GlobalOptions
        @Argument(help: "What to call it.")
        var name: String
        @Argument(help: "ssh://user@host[:port], unix:///path, dir:///path or rclone:remote:path.")
        var address: String

        func validate() throws { _ = try peerAddress(address) }

        func run() async throws {
            let peer = try await options.connected {
                try await $0.send(
                    ControlRoutes.addPeer, PeerAddition(name: name, address: address))
            }
            try options.output.show(peer, PeerText.peer)
            options.output.note("`attunectl sync \(name)` exchanges checkpoints with it.")
        }
    }

    struct Trust: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let checkpoints that a host vouches for be put to use here.",
            discussion: """
                Compare the fingerprint with what `attunectl peer show --fingerprint` prints on the host itself. On a \
                terminal you are asked whether it is the same; a script says it with --fingerprint.

                With --feedback the text of your feedback may go there as well: sync exchanges it once that host has \
                marked this one, too, through the address on record of it only. It can then retract and erase feedback here as well. --no-feedback ends that and leaves the host trusted; what it has it keeps, and \
                erasures reach it no more.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The peer's name, or the beginning of a host's fingerprint.")
        var name: String
        @Option(help: "The fingerprint, as the host itself prints it.")
        var fingerprint: String?
        @Flag(inversion: .prefixedNo, help: "Exchange feedback with it, or do so no more.")
        var feedback: Bool?

        func run() async throws {
            let peer = try await options.connected { client in
                guard let feedback else { return try await trust(by: client) }
                let known = try await client.send(ControlRoutes.listPeers).peer(named: name)
                if feedback, !known.trusted || fingerprint != nil {
                    _ = try await trust(by: client)
                }
                return try await client.send(
                    ControlRoutes.shareFeedback, FeedbackSharing(shared: feedback), at: name)
            }
            try options.output.show(peer, PeerText.peer)
        }

        private func trust(by client: ControlClient) async throws -> PeerReport {
            let compared =
                if let fingerprint { fingerprint } else { try await confirmed(by: client) }
            return try await client.send(
                ControlRoutes.trustPeer, PeerTrust(fingerprint: compared), at: name)
        }

        /// The fingerprint that is known here, if a person says it is the right one.
        private func confirmed(by client: ControlClient) async throws -> String {
            let peer = try await client.send(ControlRoutes.listPeers).peer(named: name)
            // Without one the daemon knows best what to say.
            guard let known = peer.fingerprint else { return "" }
            guard Terminal.inputIsTerminal, !options.json else {
                throw ControlError(
                    .invalidRequest,
                    "cannot trust \(name) unseen: compare its fingerprint with what `attunectl peer show"
                        + " --fingerprint` prints there and give it with --fingerprint")
            }
            let isSame = Terminal.confirms(
                """
                \(name) shows the fingerprint
                    \(known)
                Does `attunectl peer show --fingerprint` on that host print the same?
                """)
            guard isSame else {
                throw ControlError(.untrusted, "\(name) is not trusted: nothing was changed")
            }
            return known
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a peer, and that it was trusted.",
            discussion: """
                Its checkpoints stay; those that were never in use here cannot be put to use any more. Of a host that is \
                on record by its head only, as after it was set up anew, the head is forgotten.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The peer's name.")
        var name: String

        func run() async throws {
            let peer = try await options.connected {
                try await $0.send(ControlRoutes.removePeer, at: name)
            }
            try options.output.show(peer) { "forgot \($0.name ?? name)" }
        }
    }
}
