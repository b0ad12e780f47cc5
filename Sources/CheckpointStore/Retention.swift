public import Foundation

/// How many checkpoints stay besides those that must.
public struct Retention: Codable, Hashable, Sendable {
    /// Why a checkpoint stays.
    public enum Reason: String, Codable, CaseIterable, Sendable {
        case head
        /// What a rollback leads to.
        case rollback
        /// A host on record has it in use.
        case peer
        /// It was the last one in use on another base model.
        case model
        /// Where hosts parted: a merge starts from it.
        case ancestor
        case pinned
        /// A round that is not finished, or a label request, goes back to it.
        case needed
        /// It came within ``CheckpointRepository/grace``.
        case recent
        case last, daily, weekly
    }

    /// The newest ones.
    public var last: Int
    /// Days, in UTC, of which the newest one stays.
    public var daily: Int
    /// Weeks from Monday on of which the newest one stays.
    public var weekly: Int

    public init(last: Int = 5, daily: Int = 7, weekly: Int = 4) {
        self.last = last
        self.daily = daily
        self.weekly = weekly
    }

    /// Which of the checkpoints stay by their age alone, and why.
    ///
    /// - Parameter checkpoints: the latest first; their order counts, whatever a clock has said.
    public func reasons(
        _ checkpoints: [(id: CheckpointID, at: Date)]
    ) -> [CheckpointID: Reason] {
        var reasons: [CheckpointID: Reason] = [:]
        for (id, _) in checkpoints.prefix(max(last, 0)) { reasons[id] = .last }
        for (reason, count, length, offset) in [
            (Reason.daily, daily, 86_400.0, 0.0), (.weekly, weekly, 7 * 86_400, 3 * 86_400),
        ] {
            var spans: Set<Double> = []
            for (id, at) in checkpoints where spans.count < count {
                // 1970 began on a Thursday, three days after a Monday.
                let span = ((at.timeIntervalSince1970 + offset) / length).rounded(.down)
                guard spans.insert(span).inserted, reasons[id] == nil else { continue }
                reasons[id] = reason
            }
        }
        return reasons
    }
}
