import ArgumentParser
package import CheckpointStore
package import ControlAPI
import Foundation

struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Exchange checkpoints with other hosts or directories.",
        discussion: """
            PEER is the name of one that `peer add` put on record, or ssh://user@host[:port], unix:///path or \
            dir:///path; without any, all on record are taken in turn. Nothing is activated by it: `checkpoint promote` \
            does that. Hosts whose heads differ are shown, and those that are not trusted here. A checkpoint that has \
            lost a part is completed if the other side has it. Cut it anywhere and start it again. Ends with code 5 if \
            anything was refused; a peer that cannot be reached does not keep the others from their turn.
            """)

    @OptionGroup var options: GlobalOptions
    @Argument(help: "Whom to exchange with.")
    var peers: [String] = []
    @Flag(help: "Only fetch.")
    var pull = false
    @Flag(help: "Only send.")
    var push = false
    @Flag(help: "Say what would be sent and send nothing.")
    var dryRun = false
    @Option(
        help: ArgumentHelp(
            "The most bytes to send in a second, such as 500K or 2M.", valueName: "rate"))
    var limitRate: ByteCount?
    @Option(
        help: ArgumentHelp(
            "Try a peer that cannot be reached so many times more, after 30 s, 1 min, 2 min, … half an hour.",
            valueName: "times"))
    var retries = 0
    @Option(help: ArgumentHelp("The socket on the peer's host (ssh only).", valueName: "path"))
    var peerSocket: String?

    init() {}

    /// A sync that only fetches, from all peers on record.
    init(pullingFor options: GlobalOptions) {
        self.options = options
        peers = []
        pull = true
        push = false
        dryRun = false
        limitRate = nil
        retries = 0
        peerSocket = nil
    }

    func validate() throws {
        for peer in peers where peer.contains("://") { _ = try peerAddress(peer) }
        if retries < 0 { throw ValidationError("--retries needs a number that is not below 0") }
    }

    func run() async throws {
        let (reports, failures) = try await options.connected { client in
            let local = DaemonRemote(name: try await Self.name(of: client), client: client)
            var reports: [SyncReport] = []
            var failures: [any Error] = []
            for partner in try await partners(client) {
                do {
                    reports.append(
                        try await retrying { try await sync(with: partner, local, client) })
                } catch  where !(error is CancellationError) {
                    failures.append(error)
                }
            }
            return (reports, failures)
        }
        try options.output.list(reports) { $0.map(SyncText.report).joined(separator: "\n") }
        if let last = failures.last {
            for failure in failures.dropLast() {
                Terminal.complain(ControlError(wrapping: failure), asJSON: options.json)
            }
            throw last
        }
        if reports.contains(where: { !$0.refusals.isEmpty }) { throw Ending(.integrity) }
    }

    /// Tries again, at growing intervals of which no two hosts have the same, while nobody can be
    /// reached.
    private func retrying<Result>(_ work: () async throws -> Result) async throws -> Result {
        for retry in 0..<retries {
            do {
                return try await work()
            } catch let error as ControlError
                where [.unreachable, .unavailable].contains(error.kind)
            {
                let seconds = min(30 << min(retry, 6), 1800)
                let wait = Duration.seconds(seconds) * Double.random(in: 0.8...1.2)
                options.output.note("\(error.message); the next try is in \(seconds) s")
                try await Task.sleep(for: wait)
            }
        }
        return try await work()
    }

    /// Whom to exchange with: an address, and the name of the peer on record there.
    private func partners(
        _ client: ControlClient
    ) async throws -> [(address: PeerAddress, name: String?)] {
        let known = try await client.send(ControlRoutes.listPeers)
        let named = known.peers.filter { $0.name != nil && $0.address != nil }
        guard !peers.isEmpty else {
            guard !named.isEmpty else {
                throw ControlError(
                    .invalidRequest,
                    "cannot sync with nobody: name a peer or an address; `attunectl peer add` puts one"
                        + " on record")
            }
            return try named.map { (try PeerAddress($0.address ?? ""), $0.name) }
        }
        return try peers.map { word in
            guard !word.contains("://") else {
                let address = try PeerAddress(word)
                return (address, named.first { $0.address == address.description }?.name)
            }
            let peer = try known.peer(named: word)
            guard let address = peer.address else {
                throw ControlError(
                    .invalidRequest,
                    "cannot sync with \(word): no address of it is on record; `attunectl peer add`"
                        + " takes one")
            }
            return (try PeerAddress(address), peer.name)
        }
    }

    /// What the peer records as the source: this host's name in its heads.
    private static func name(of client: ControlClient) async throws -> String {
        "host:" + Format.host(try await client.send(ControlRoutes.status).host)
    }

    private func sync(
        with partner: (address: PeerAddress, name: String?), _ local: DaemonRemote,
        _ client: ControlClient
    ) async throws -> SyncReport {
        let address = partner.address
        var report: SyncReport
        switch address {
        case .directory(let path):
            report = try await exchange(local, DirectoryRemote(path: path))
        case .ssh, .unix:
            report = try await GlobalOptions.connected(to: address, socket: peerSocket) { peer in
                if let name = partner.name {
                    // Another host at the address of a known one ends it before a byte is taken.
                    _ = try await client.send(
                        ControlRoutes.contactPeer,
                        PeerContact(host: try await peer.send(ControlRoutes.listHeads).host),
                        at: name)
                }
                return try await exchange(
                    local, DaemonRemote(name: address.description, client: peer))
            }
        }
        report.strangers = try await client.send(ControlRoutes.listPeers).peers.filter {
            !$0.trusted && $0.head != nil
        }
        return report
    }

    private func exchange(_ local: DaemonRemote, _ peer: any Remote) async throws -> SyncReport {
        let both = pull == push
        let pulled = pull || both ? try await transfer("pulling", from: peer, to: local) : nil
        let pushed = push || both ? try await transfer("pushing", from: local, to: peer) : nil
        return SyncReport(peer: peer.name, pulled: pulled, pushed: pushed)
    }

    private func transfer(_ phase: String, from source: any Remote, to destination: any Remote)
        async throws -> SyncSummary
    {
        let display = options.output.progress()
        defer { display.clear() }
        var synchronizer = Synchronizer { event in
            guard case .progress(let state) = event else { return }
            display.update(SyncText.progress(state, phase: phase))
        }
        synchronizer.isDryRun = dryRun
        synchronizer.bytesPerSecond = limitRate?.bytes
        return try await synchronizer.sync(from: source, to: destination)
    }
}

/// What one `sync` did, both ways.
package struct SyncReport: Encodable {
    package var peer: String
    package var pulled: SyncSummary?
    package var pushed: SyncSummary?
    /// Hosts that have something in use which is known here, and are not trusted here.
    package var strangers: [PeerReport] = []

    package init(peer: String, pulled: SyncSummary?, pushed: SyncSummary?) {
        self.peer = peer
        self.pulled = pulled
        self.pushed = pushed
    }

    package var refusals: [SyncRefusal] { (pulled?.refusals ?? []) + (pushed?.refusals ?? []) }
}
