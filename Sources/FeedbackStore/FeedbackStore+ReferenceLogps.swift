import GRDB

/// The reference's summed log-probabilities of both sides of a pair, in nats.
public struct ReferenceLogps: Codable, Hashable, Sendable {
    public var chosen: Double
    public var rejected: Double

    public init(chosen: Double, rejected: Double) {
        self.chosen = chosen
        self.rejected = rejected
    }
}

extension FeedbackStore {
    /// What is cached for these pairs under a reference (a checkpoint's id, or a name for the bare model
    /// that tells one base from another), by the pair's id.
    public func referenceLogps(
        of ids: [String], reference: String
    ) throws -> [String: ReferenceLogps] {
        try read { db in
            let statement = try db.cachedStatement(
                sql:
                    "SELECT chosen, rejected FROM reference_logp WHERE reference = ? AND feedback_id = ?"
            )
            return try ids.reduce(into: [:]) { found, id in
                if let row = try Row.fetchOne(statement, arguments: [reference, id]) {
                    found[id] = ReferenceLogps(chosen: row["chosen"], rejected: row["rejected"])
                }
            }
        }
    }

    /// Caches values; what was cached for the same pair and reference is replaced.
    public func cache(_ logps: [String: ReferenceLogps], reference: String) throws {
        try write { db in
            let statement = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO reference_logp VALUES (?, ?, ?, ?)")
            for (id, logp) in logps.sorted(by: { $0.key < $1.key }) {
                try statement.execute(arguments: [reference, id, logp.chosen, logp.rejected])
            }
        }
    }

    /// Forgets what is cached under every other reference.
    public func evictReferenceLogps(except references: Set<String>) throws {
        try write { db in
            let kept: SQL =
                "DELETE FROM reference_logp WHERE reference NOT IN \(references.sorted())"
            try db.execute(literal: kept)
        }
    }
}
