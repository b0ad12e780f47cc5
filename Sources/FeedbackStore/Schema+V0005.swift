/// `v0005-peers`: other hosts, by the names their owner gives them.
extension Schema {
    static let peerTables = """
        CREATE TABLE peer (
            name     TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
            address  TEXT UNIQUE CHECK (address <> ''),
            host     TEXT UNIQUE CHECK (length(host) = 64),
            trusted  INTEGER NOT NULL CHECK (trusted IN (0, 1)),
            added_at INTEGER NOT NULL CHECK (added_at BETWEEN 0 AND 253402300799999),
            CHECK (address IS NOT NULL OR host IS NOT NULL),
            CHECK (trusted = 0 OR host IS NOT NULL)
        ) STRICT;
        """
}
