import ArgumentParser
package import CheckpointStore
import ControlAPI
import Foundation

struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Exchange checkpoints with another host or a directory.",
        discussion: """
            PEER is ssh://user@host[:port], unix:///path or dir:///path. Nothing is activated by it: `checkpoint promote` \
            does that. Hosts whose heads differ are shown. A checkpoint that has lost a part is completed if the other \
            side has it. Cut it anywhere and start it again. Ends with code 5 if anything was refused.
            """)

    @OptionGroup var options: GlobalOptions
    @Argument(help: "Whom to exchange with.")
    var peer: String
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
    @Option(help: ArgumentHelp("The socket on the peer's host (ssh only).", valueName: "path"))
    var peerSocket: String?

    func validate() throws { _ = try peerAddress(peer) }

    func run() async throws {
        let address = try PeerAddress(peer)
        let report = try await options.connected { client in
            let local = DaemonRemote(name: try await Self.name(of: client), client: client)
            switch address {
            case .directory(let path):
                return try await exchange(local, DirectoryRemote(path: path))
            case .ssh, .unix:
                return try await GlobalOptions.connected(to: address, socket: peerSocket) { peer in
                    try await exchange(
                        local, DaemonRemote(name: address.description, client: peer))
                }
            }
        }
        try options.output.show(report, SyncText.report)
        if !report.refusals.isEmpty { throw Ending(.integrity) }
    }

    /// What the peer records as the source: this host's name in its heads.
    private static func name(of client: ControlClient) async throws -> String {
        "host:" + Format.id(try await client.send(ControlRoutes.status).host)
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

    package init(peer: String, pulled: SyncSummary?, pushed: SyncSummary?) {
        self.peer = peer
        self.pulled = pulled
        self.pushed = pushed
    }

    package var refusals: [SyncRefusal] { (pulled?.refusals ?? []) + (pushed?.refusals ?? []) }
}
