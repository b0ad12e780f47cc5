/// `v0006-collection`: checkpoints whose objects were let go, and those that never are.
extension Schema {
    static let collectionTables = """
        CREATE TABLE collected (
            checkpoint_id TEXT PRIMARY KEY REFERENCES checkpoint (id),
            collected_at  INTEGER NOT NULL CHECK (collected_at BETWEEN 0 AND 253402300799999)
        ) STRICT;
        CREATE TABLE pin (
            checkpoint_id TEXT PRIMARY KEY REFERENCES checkpoint (id),
            pinned_at     INTEGER NOT NULL CHECK (pinned_at BETWEEN 0 AND 253402300799999)
        ) STRICT;
        """
}
