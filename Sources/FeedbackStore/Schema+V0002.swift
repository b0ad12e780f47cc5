/// `v0002-skips`: what a round was to train on and did not.
extension Schema {
    /// A skip is of a pair or of an answer. One that was too long keeps its length, so that it can come
    /// back when the limit is raised; `trained_pair` is what completed rounds did train on.
    static let skipTables = """
        CREATE TABLE round_skip (
            id          INTEGER PRIMARY KEY,
            round_id    INTEGER NOT NULL REFERENCES round (id),
            feedback_id TEXT REFERENCES feedback (id),
            answer_id   INTEGER REFERENCES label_answer (id),
            reason      TEXT NOT NULL CHECK (reason IN ('too long', 'retracted')),
            tokens      INTEGER CHECK (tokens > 0),
            CHECK ((feedback_id IS NULL) <> (answer_id IS NULL)),
            CHECK ((reason = 'too long') = (tokens IS NOT NULL)),
            CHECK (reason <> 'retracted' OR answer_id IS NULL)
        ) STRICT;
        CREATE UNIQUE INDEX round_skips_a_pair_once ON round_skip (feedback_id, round_id);
        CREATE UNIQUE INDEX round_skips_an_answer_once ON round_skip (answer_id, round_id);
        CREATE INDEX round_skip_by_round ON round_skip (round_id);
        CREATE TRIGGER round_skip_joins_a_running_round BEFORE INSERT ON round_skip
        WHEN (SELECT state FROM round WHERE id = NEW.round_id) <> 'running'
        BEGIN SELECT RAISE(ABORT, 'only a running round skips'); END;
        CREATE TRIGGER round_skip_is_never_changed BEFORE UPDATE ON round_skip
        BEGIN SELECT RAISE(ABORT, 'what a round skipped is append-only'); END;
        CREATE TRIGGER round_skip_is_never_deleted BEFORE DELETE ON round_skip
        BEGIN SELECT RAISE(ABORT, 'what a round skipped is append-only'); END;
        CREATE VIEW trained_pair AS
            SELECT round_id, feedback_id FROM round_pair
            JOIN round ON round.id = round_id AND state = 'completed'
            WHERE NOT EXISTS (
                SELECT 1 FROM round_skip WHERE round_skip.round_id = round_pair.round_id
                    AND round_skip.feedback_id = round_pair.feedback_id);
        """
}
