import ArgumentParser
import CheckpointStore
import ControlAPI
import Foundation

struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract:
            "Exchange checkpoints with other hosts, directories or buckets, and feedback with trusted hosts.",
        discussion: """
            PEER is the name of one that `peer add` put on record, or ssh://user@host[:port], unix:///path, dir:///path \
            or rclone:remote:path (a store in rclone's configuration, such as a bucket); without any, all on record are \
            taken in turn. Nothing is activated by it: `checkpoint promote` does that. Feedback is exchanged only between \
            two hosts that have marked each other for it (`peer trust --feedback`), never with a directory or a store; \
            retractions and erasures go along, answers to label requests stay where they were given. Hosts whose heads \
            differ are shown, and those that are not trusted here. A checkpoint that has \
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
    @Flag(help: "With --json, also a line for all that happens, while it goes on.")
    var events = false
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

    func validate() throws {
        for peer in peers where Self.isAddress(peer) { _ = try peerAddress(peer) }
        if events, !options.json { throw ValidationError("--events needs --json") }
        if retries < 0 { throw ValidationError("--retries needs a number that is not below 0") }
    }

    func run() async throws {
        let (reports, failures) = try await options.connected(exchangeWithAll)
        try options.output.list(reports) { $0.map(SyncText.report).joined(separator: "\n") }
        for failure in failures { Terminal.complain(failure, asJSON: options.json) }
        if reports.contains(where: { !$0.refusals.isEmpty }) { throw Ending(.integrity) }
        if let last = failures.last { throw Ending(last.kind.exitCode) }
    }

    /// Exchanges with one partner after the other, then again with those that could not be reached,
    /// at growing intervals of which no two hosts have the same.
    func exchangeWithAll(
        _ client: ControlClient
    ) async throws -> (reports: [SyncReport], failures: [ControlError]) {
        let local = DaemonRemote(name: try await Self.name(of: client), client: client)
        var reports: [SyncReport] = []
        var failures: [ControlError] = []
        var waiting = try await partners(client)
        for attempt in 0...retries {
            var unreached: [Partner] = []
            for partner in waiting {
                do {
                    reports.append(try await sync(with: partner, local, client))
                } catch let error where !(error is CancellationError) {
                    let failure = ControlError(wrapping: error)
                    let isAway = [.unreachable, .unavailable].contains(failure.kind)
                    guard isAway, attempt < retries else {
                        failures.append(failure)
                        continue
                    }
                    options.output.note("attunectl: \(Format.printable(failure.message))")
                    unreached.append(partner)
                }
            }
            waiting = unreached
            if waiting.isEmpty { break }
            let pause = Double(min(30 << min(attempt, 6), 1800)) * .random(in: 0.8...1.2)
            options.output.note("The next try is in \(Format.duration(pause)).")
            try await Task.sleep(for: .seconds(pause))
        }
        if !reports.isEmpty {
            reports[reports.count - 1].strangers = try await client.send(ControlRoutes.listPeers)
                .peers.filter { !$0.trusted && $0.head != nil }
        }
        return (reports, failures)
    }

    /// An address, and the name of the peer on record there.
    private typealias Partner = (address: PeerAddress, name: String?)

    /// Whom to exchange with.
    private func partners(_ client: ControlClient) async throws -> [Partner] {
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
            guard !Self.isAddress(word) else {
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

    /// A peer's name has no colon.
    private static func isAddress(_ word: String) -> Bool { word.contains(":") }

    /// What the peer records as the source: this host's name in its heads.
    private static func name(of client: ControlClient) async throws -> String {
        "host:" + Format.host(try await client.send(ControlRoutes.status).host)
    }

    private func sync(
        with partner: Partner, _ local: DaemonRemote, _ client: ControlClient
    ) async throws -> SyncReport {
        let address = partner.address
        switch address {
        case .directory(let path):
            let directory = DirectoryRemote(path: path)
            return try await exchange(local, directory, having: directory.inventory())
        case .rclone(let remote):
            let rclone = Rclone(remote: remote, directory: try PrivateDirectory())
            let store = RcloneRemote(rclone, cache: try CacheDirectory.path(for: address))
            return try await exchange(local, store, having: store.inventory())
        case .ssh, .unix:
            return try await GlobalOptions.connected(to: address, socket: peerSocket) { peer in
                let remote = DaemonRemote(name: address.description, client: peer)
                let inventory = try await remote.inventory()
                if let name = partner.name, !dryRun {
                    try await contact(name, remote, having: inventory, local, client)
                }
                var report = try await exchange(local, remote, having: inventory)
                if let host = inventory.host {
                    report.feedback = try await exchangeFeedback(
                        client, with: peer, at: address, as: host)
                }
                return report
            }
        }
    }

    /// Puts on record which host answers; another one at the address of a known one ends the sync before
    /// a byte is taken, unless the known one says that its key is that one now.
    private func contact(
        _ name: String, _ peer: DaemonRemote, having inventory: Inventory, _ local: DaemonRemote,
        _ client: ControlClient
    ) async throws {
        guard let host = inventory.host else { return }
        let contact = PeerContact(host: host)
        do {
            _ = try await client.send(ControlRoutes.contactPeer, contact, at: name)
        } catch let error as ControlError where error.kind == .conflict {
            let told = try await Synchronizer().sync(
                from: peer, offering: Inventory(keyRecords: inventory.keyRecords), to: local,
                holding: Inventory(keyRecords: []))
            guard !told.keyRecordsSent.isEmpty else { throw error }
            _ = try await client.send(ControlRoutes.contactPeer, contact, at: name)
        }
    }

    /// Pulls and pushes; what the peer has is the same for both, so it is asked once.
    private func exchange(
        _ local: DaemonRemote, _ peer: any Remote, having inventory: Inventory
    ) async throws -> SyncReport {
        var report = SyncReport(peer: peer.name, pulled: nil, pushed: nil)
        if pull || !push {
            report.pulled = try await withSynchronizer(peer.name, "pulling") {
                try await $0.sync(from: peer, offering: inventory, to: local)
            }
        }
        if push || !pull {
            report.pushed = try await withSynchronizer(peer.name, "pushing") {
                try await $0.sync(from: local, to: peer, holding: inventory)
            }
        }
        return report
    }

    private func withSynchronizer(
        _ peer: String, _ phase: String, _ work: (Synchronizer) async throws -> SyncSummary
    ) async throws -> SyncSummary {
        let display = options.output.progress()
        defer { display.clear() }
        let (output, pace) = (events ? options.output : nil, EventPace())
        var synchronizer = Synchronizer { event in
            if case .progress(let state) = event {
                display.update(SyncText.progress(state, phase: phase))
            }
            guard let output, pace.lets(event) else { return }
            try? output.line(SyncLine(peer: peer, phase: phase, event))
        }
        synchronizer.isDryRun = dryRun
        synchronizer.bytesPerSecond = limitRate?.bytes
        return try await work(synchronizer)
    }
}
