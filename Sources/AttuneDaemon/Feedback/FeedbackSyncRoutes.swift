import CheckpointStore
import ControlAPI
import FeedbackFormats
import FeedbackStore
import Foundation

extension RouteTable {
    /// What sync asks of the log. Text and hashes go only to a host that feedback is shared with, and over
    /// a connection below the role `full` only to the one that `dial-stdio --feedback` names.
    mutating func serveFeedbackSync(_ daemon: Daemon) {
        let store = daemon.store
        let checkpoints = daemon.checkpoints
        let registry = PeerRegistry(checkpoints: checkpoints)
        serve(ControlRoutes.proveHost) { call in
            let challenge = try await call.input()
            guard challenge.nonce.count == HostProof.nonceSize else {
                throw ControlError(
                    .invalidRequest,
                    "cannot prove anything: a nonce has \(HostProof.nonceSize) bytes")
            }
            return try .value(
                HostProof(to: challenge.host, nonce: challenge.nonce, key: checkpoints.key))
        }
        serve(ControlRoutes.digestFeedback) { call in
            let query = try await call.input()
            guard (0...FeedbackDigest.maximumDepth).contains(query.depth) else {
                throw ControlError(
                    .invalidRequest,
                    "cannot divide feedback by \(query.depth) digits: give 0 to"
                        + " \(FeedbackDigest.maximumDepth)")
            }
            return try await .value(
                store.perform { store in
                    try registry.requireSharing(with: query.host, over: call.rights)
                    return try store.feedbackDigest(depth: query.depth)
                })
        }
        serve(ControlRoutes.feedbackFacts) { call in
            let query = try await call.input()
            try query.prefixes.requireAtMost(FeedbackReconciler.bucketLimit)
            guard FeedbackDigest.areBuckets(query.prefixes), query.after?.isHexadecimal ?? true
            else {
                throw ControlError(
                    .invalidRequest,
                    "cannot look facts up: give distinct beginnings of hashes, 0 to"
                        + " \(FeedbackDigest.maximumDepth) digits each and none within another")
            }
            return try await .value(
                store.perform { store in
                    try registry.requireSharing(with: query.host, over: call.rights)
                    return try store.facts(under: query.prefixes, after: query.after)
                })
        }
        serve(ControlRoutes.feedbackEntries) { call in
            let query = try await call.input()
            try query.hashes.requireAtMost(FeedbackReconciler.entryLimit)
            return try await .value(
                store.perform { store in
                    try registry.requireSharing(with: query.host, over: call.rights)
                    return try store.entries(of: query.hashes)
                })
        }
        serve(ControlRoutes.uniteFeedback) { call in
            let delivery = try await call.input()
            try delivery.entries.requireAtMost(FeedbackReconciler.entryLimit)
            try delivery.facts.requireAtMost(FeedbackReconciler.entryLimit)
            try call.rights.spend(delivery.byteCount)
            let (union, _) = try await daemon.withoutRound(
                holding: { store in
                    try registry.requireSharing(with: delivery.host, over: call.rights)
                    return try store.textsErased(by: delivery.facts)
                }, { try $0.unite(delivery.entries, delivery.facts) })
            daemon.announce(union)
            return try .value(union)
        }
    }
}

extension Daemon {
    /// Runs `work`, before which a round that has the text of these facts and is not finished is
    /// cancelled: what it has learnt from them goes, and its other feedback waits for the next one.
    ///
    /// - Returns: what `work` did, and the round if there was one.
    /// - Errors: ``ControlError`` of kind `busy` while a round is starting.
    func withoutRound<Result: Sendable>(
        holding ids: @escaping @Sendable (FeedbackStore) throws -> [String],
        _ work: @escaping @Sendable (FeedbackStore) throws -> Result
    ) async throws -> (Result, round: Int?) {
        let round = try await store.perform { store in
            try store.unfinishedRound(holding: ids(store))
        }
        if round != nil { _ = try await trainer.cancel() }
        let result = try await store.perform(work)
        try await removeLeftRounds()
        return (result, round)
    }

    /// Removes the files of rounds that have ended, which a crash may have left with text in them.
    func removeLeftRounds() async throws {
        let folder = directory.rounds
        try await store.perform { store in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            // Asked after the files were listed: one that has begun since is not among them.
            let running = try store.runningRound().map { "\($0.id)" }
            for name in names where name != running {
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
    }

    fileprivate func announce(_ union: FeedbackUnion) {
        let parts = [
            (union.added, Event.Kind.feedbackAdded, "added"),
            (union.retracted, .feedbackRetracted, "retracted"),
            (union.erased, .feedbackErased, "erased"),
        ]
        for (count, kind, word) in parts where count > 0 {
            events.publish(
                Event(kind: kind, at: Date(), message: "\(count) feedback \(word) by sync"))
        }
    }
}

extension PeerRegistry {
    /// Throws unless the host, by the key that it has now, is marked for feedback, and may have it over
    /// this connection.
    ///
    /// - Errors: ``ControlError`` of kind `untrusted` or `forbidden`.
    fileprivate func requireSharing(
        with host: HostID, over rights: ConnectionRights
    ) throws {
        let keys = try checkpoints.repository.heads.keys.all()
        try rights.requireFeedback(as: host, after: keys.predecessors(of: host))
        let marked = try checkpoints.store.peers().filter(\.sharesFeedback)
        if try checkpoints.hosts(of: marked).contains(host) { return }
        throw ControlError(
            .untrusted,
            "cannot exchange feedback with host \(host.short): it is not marked for that there;"
                + " `attunectl peer trust \(host.short) --feedback` marks it")
    }
}

extension Array {
    fileprivate func requireAtMost(_ limit: Int) throws {
        guard count <= limit else {
            throw ControlError(.tooLarge, "cannot take \(count) at once: send at most \(limit)")
        }
    }
}
