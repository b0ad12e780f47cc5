public import CheckpointStore
public import FeedbackFormats
import Foundation

/// A daemon as one side of an exchange of feedback.
public struct DaemonReplica: FeedbackReplica {
    private let client: ControlClient
    private let host: HostID

    /// - Parameter host: The host at the other side, with which the daemon must be willing to share.
    public init(client: ControlClient, sharingWith host: HostID) {
        self.client = client
        self.host = host
    }

    /// Has a daemon prove that it is the host it says it is, so that nobody else gets text.
    ///
    /// - Errors: ``ControlError`` of kind `integrity` if it does not; what the daemon says, as
    ///   `forbidden` if the connection's role does not let it.
    public static func authenticate(
        _ client: ControlClient, as host: HostID, to asker: HostID
    ) async throws {
        let nonce = HostProof.nonce()
        let proof = try await client.send(
            ControlRoutes.proveHost, HostChallenge(host: asker, nonce: nonce))
        do {
            try proof.verify(host, asker: asker, nonce: nonce)
        } catch {
            throw ControlError(
                .integrity,
                "cannot exchange feedback: who answers says it is host \(host.short) and has not its key;"
                    + " somebody else may be answering in its place")
        }
    }

    public func digest(depth: Int) async throws -> FeedbackDigest {
        try await client.send(
            ControlRoutes.digestFeedback, FeedbackDigestQuery(host: host, depth: depth))
    }

    public func facts(
        under prefixes: [String], after hash: String?
    ) async throws -> FeedbackFactPage {
        try await client.send(
            ControlRoutes.feedbackFacts,
            FeedbackFactsQuery(host: host, prefixes: prefixes, after: hash))
    }

    public func entries(of hashes: [String]) async throws -> FeedbackEntryBatch {
        try await client.send(
            ControlRoutes.feedbackEntries, FeedbackEntriesQuery(host: host, hashes: hashes))
    }

    public func unite(
        _ entries: [FeedbackEntry], _ facts: [FeedbackFact]
    ) async throws -> FeedbackUnion {
        try await client.send(
            ControlRoutes.uniteFeedback,
            FeedbackDelivery(host: host, entries: entries, facts: facts))
    }
}
