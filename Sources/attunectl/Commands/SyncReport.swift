package import CheckpointStore
package import ControlAPI
package import FeedbackFormats

/// What one `sync` did, both ways.
package struct SyncReport: Encodable {
    package var peer: String
    package var pulled: SyncSummary?
    package var pushed: SyncSummary?
    /// What became of feedback; absent for a peer that it does not go to.
    package var feedback: FeedbackExchange?
    /// Hosts that have something in use which is known here, and are not trusted here.
    package var strangers: [PeerReport] = []

    package init(peer: String, pulled: SyncSummary?, pushed: SyncSummary?) {
        self.peer = peer
        self.pulled = pulled
        self.pushed = pushed
    }

    package var refusals: [SyncRefusal] { (pulled?.refusals ?? []) + (pushed?.refusals ?? []) }
}

/// What became of feedback in a sync with a peer that it may go to.
package struct FeedbackExchange: Encodable {
    /// Absent if the other side would not.
    package var summary: FeedbackSyncSummary?
    /// Why it would not.
    package var refusal: String?

    package init(summary: FeedbackSyncSummary? = nil, refusal: String? = nil) {
        self.summary = summary
        self.refusal = refusal
    }
}
