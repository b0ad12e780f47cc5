import GRDB

extension FeedbackStore {
    /// Records that the objects of these checkpoints are about to be let go.
    ///
    /// - Parameter steps: how many of the heads that stand on each other a rollback must reach.
    /// - Errors: `conflict` if one of them has come to be in use or pinned meanwhile.
    public func collect(_ ids: [String], keepingHeads steps: Int) throws {
        try write { db in
            let needed = try Set(Self.headStack(in: db).suffix(steps))
                .union(String.fetchAll(db, sql: "SELECT checkpoint_id FROM pin"))
            if let id = ids.first(where: needed.contains) {
                throw StoreError.conflict("checkpoint \(id) has come to be needed; try again")
            }
            for id in ids {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO collected VALUES (?, ?)",
                    arguments: [id, timestamp])
            }
        }
    }

    /// Keeps a checkpoint from being collected, or lets it be. One whose objects were let go counts
    /// as incomplete from then on.
    public func pin(_ id: String, _ isPinned: Bool) throws {
        _ = try checkpoint(id)
        try write { db in
            guard isPinned else {
                return try db.execute(
                    sql: "DELETE FROM pin WHERE checkpoint_id = ?", arguments: [id])
            }
            try db.execute(
                sql: "INSERT OR IGNORE INTO pin VALUES (?, ?)", arguments: [id, timestamp])
            try db.execute(
                sql: "DELETE FROM collected WHERE checkpoint_id = ?", arguments: [id])
        }
    }

    /// The heads that stand on each other, the present one last.
    public func headStack() throws -> [String] { try read(Self.headStack) }

    /// The checkpoints that wrote candidates of which an answer is still to come, or to be trained on.
    public func checkpointsOfLabels() throws -> [String] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT checkpoint_id FROM label_request
                    WHERE checkpoint_id IS NOT NULL AND (state = 'open' OR EXISTS (
                        SELECT 1 FROM label_answer WHERE request_id = label_request.id
                            AND \(OnlinePairRow.makesPair)
                            AND NOT EXISTS (
                                SELECT 1 FROM round_answer JOIN round ON round.id = round_id
                                WHERE answer_id = label_answer.id AND round.state = 'completed')))
                    """)
        }
    }

    static func isCollected(_ id: String, in db: Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM collected WHERE checkpoint_id = ?)",
            arguments: [id]) == true
    }

    static func requireNotCollected(_ id: String, in db: Database) throws {
        if try isCollected(id, in: db) {
            throw StoreError.conflict("the objects of checkpoint \(id) were let go")
        }
    }
}
