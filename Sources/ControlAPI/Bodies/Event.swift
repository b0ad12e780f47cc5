public import Foundation

/// Something that happened in the daemon.
public struct Event: JSONBody, Hashable {
    public enum Kind: String, Codable, CaseIterable, Sendable {
        case feedbackAdded = "feedback-added"
        case feedbackRetracted = "feedback-retracted"
        case feedbackErased = "feedback-erased"
        case labelRequested = "label-requested"
        case labelClosed = "label-closed"
        case roundStarted = "round-started"
        case roundProgress = "round-progress"
        case roundPaused = "round-paused"
        case roundResumed = "round-resumed"
        case roundFinished = "round-finished"
        case roundFailed = "round-failed"
        case checkpointCreated = "checkpoint-created"
        case checkpointReceived = "checkpoint-received"
        case headChanged = "head-changed"
        case modelChanged = "model-changed"
        case keyChanged = "key-changed"
        case keyRevoked = "key-revoked"
        case configurationChanged = "configuration-changed"
        case stopping
        case warning
    }

    public var kind: Kind
    public var at: Date
    /// What happened, for a person.
    public var message: String
    /// The id of the feedback, label request, round, checkpoint, model or host that it happened to.
    public var subject: String?
    public var progress: WorkProgress?

    public init(
        kind: Kind, at: Date, message: String, subject: String? = nil, progress: WorkProgress? = nil
    ) {
        self.kind = kind
        self.at = at
        self.message = message
        self.subject = subject
        self.progress = progress
    }
}
