/// Chooses which pairs a round trains on.
public enum RoundWindow {
    public struct Selection: Hashable, Sendable {
        /// New pairs, oldest first as given.
        public var new: [String]
        /// Pairs of earlier rounds.
        public var replayed: [String]
    }

    /// Takes new pairs, and older ones so that they make up the replay share of the window.
    ///
    /// Older pairs are ranked by a hash of seed and id, so the sample does not depend on the order
    /// they come in, and another seed gives another sample.
    ///
    /// - Parameters:
    ///   - new: ids no completed round has trained on, oldest first.
    ///   - older: ids that may be replayed; those also in `new` are not.
    ///   - limit: most pairs in the window. New ones beyond their share of it wait for the next
    ///     round.
    /// - Postconditions: `replayed / (new + replayed) ≤ replayShare` up to rounding; nothing occurs
    ///   twice. Without new pairs nothing is replayed either: there is no reason for a round.
    public static func select(
        new: [String], older: [String], replayShare: Double, limit: Int, seed: UInt64
    ) -> Selection {
        var seen: Set<String> = []
        let fresh = new.filter { seen.insert($0).inserted }
        let candidates = older.filter { seen.insert($0).inserted }
        let replaySlots = min(candidates.count, Int((replayShare * Double(limit)).rounded()))
        let chosen = fresh.prefix(limit - replaySlots)
        let wanted = Int((Double(chosen.count) * replayShare / (1 - replayShare)).rounded())
        let ranked = candidates.map { (rank: StableHash.of($0, seed: seed), id: $0) }.sorted {
            $0 < $1
        }
        return Selection(
            new: Array(chosen), replayed: ranked.prefix(min(wanted, replaySlots)).map(\.id))
    }
}
