import CheckpointStore
import ControlAPI
import FeedbackFormats

extension SyncCommand {
    /// Exchanges feedback with a host if this one has marked it for that, and it has marked this one.
    ///
    /// The host proves first that it has the key of the one that was marked: an id alone is no secret.
    /// The proof is not bound to the connection, and whoever answers could have it from the host itself;
    /// so feedback goes only through the address that is on record of the host that was marked.
    ///
    /// - Returns: nil when the host is not marked here; nothing is asked of it then.
    func exchangeFeedback(
        _ client: ControlClient, with peer: ControlClient, at address: PeerAddress,
        as host: HostID
    ) async throws -> FeedbackExchange? {
        let known = try await client.send(ControlRoutes.listPeers)
        guard known.sharesFeedback(with: host) else { return nil }
        guard known.sharesFeedback(with: host, at: address.description) else {
            return FeedbackExchange(
                refusal: "host \(host.short) is marked for it, but not at this address, where"
                    + " somebody else might answer; `attunectl peer list` shows the one on record")
        }
        let remote = DaemonReplica(client: peer, sharingWith: known.host)
        do {
            try await DaemonReplica.authenticate(peer, as: host, to: known.host)
            // Whether it is willing, before anything is looked at here.
            _ = try await remote.facts(under: [])
        } catch let error as ControlError {
            switch error.kind {
            case .notFound, .methodNotAllowed:
                return FeedbackExchange(
                    refusal: "the daemon there is of a release that cannot exchange it; update it")
            case .forbidden, .untrusted, .integrity:
                return FeedbackExchange(refusal: error.message)
            default: throw error
            }
        }
        let display = options.output.progress()
        defer { display.clear() }
        var reconciler = FeedbackReconciler()
        reconciler.isDryRun = dryRun
        reconciler.pulls = pull || !push
        reconciler.pushes = push || !pull
        reconciler.bytesPerSecond = limitRate?.bytes
        reconciler.report = { done, total in
            display.update(WorkProgress(phase: "feedback", done: done, total: total))
        }
        return FeedbackExchange(
            summary: try await reconciler.reconcile(
                local: DaemonReplica(client: client, sharingWith: host), remote: remote))
    }
}
