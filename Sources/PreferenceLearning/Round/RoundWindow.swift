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
    ///   - limit: most pairs in the window. New ones beyond their share of it wait for the next
    ///     round.
    ///   - older: hands over the ids that may be replayed, one by one; those also in `new` are not.
    /// - Postconditions: `replayed / (new + replayed) ≤ replayShare` up to rounding; nothing occurs
    ///   twice. Without new pairs nothing is replayed either: there is no reason for a round.
    public static func select(
        new: [String], replayShare: Double, limit: Int, seed: UInt64,
        older: (_ take: (String) -> Void) throws -> Void
    ) rethrows -> Selection {
        var seen: Set<String> = []
        let fresh = new.filter { seen.insert($0).inserted }
        var draw = ReplayDraw(limit: Int((replayShare * Double(limit)).rounded()), seed: seed)
        try older { if !seen.contains($0) { draw.add($0) } }
        let candidates = draw.ids
        let chosen = fresh.prefix(limit - candidates.count)
        let wanted = Int((Double(chosen.count) * replayShare / (1 - replayShare)).rounded())
        return Selection(new: Array(chosen), replayed: Array(candidates.prefix(wanted)))
    }
}

/// The ids with the lowest ranks of all that come by, however many they are.
private struct ReplayDraw {
    let limit: Int
    let seed: UInt64
    private var kept: [(rank: UInt64, id: String)] = []
    /// What comes next must be below, or cannot be kept.
    private var bound = UInt64.max

    init(limit: Int, seed: UInt64) {
        self.limit = limit
        self.seed = seed
    }

    mutating func add(_ id: String) {
        let rank = StableHash.of(id, seed: seed)
        guard limit > 0, rank <= bound else { return }
        kept.append((rank, id))
        if kept.count >= 2 * limit + 64 {
            kept = lowest
            if kept.count == limit { bound = kept[limit - 1].rank }
        }
    }

    /// By rank, each once.
    var ids: [String] { lowest.map(\.id) }

    private var lowest: [(rank: UInt64, id: String)] {
        var result: [(rank: UInt64, id: String)] = []
        for entry in kept.sorted(by: { $0 < $1 })
        where result.count < limit && result.last?.id != entry.id {
            result.append(entry)
        }
        return result
    }
}
