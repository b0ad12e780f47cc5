/// `v0003-trainable`: what waits, what was trained on and what is new, without looking at every pair.
extension Schema {
    /// `trainable` follows from the facts, and triggers keep it so: it holds the live pairs, edits and
    /// ratings whose prompt is not held out. Planning a round and counting what waits would otherwise
    /// ask every one for its rounds, which takes seconds beside a million of them.
    static let trainableTables = """
        CREATE TABLE trainable (
            seq         INTEGER PRIMARY KEY REFERENCES feedback (seq),
            feedback_id TEXT NOT NULL UNIQUE REFERENCES feedback (id),
            trained     INTEGER NOT NULL CHECK (trained IN (0, 1))
        ) STRICT;
        CREATE INDEX trainable_by_state ON trainable (trained, seq, feedback_id);
        CREATE INDEX feedback_by_kind ON feedback (kind);
        CREATE INDEX feedback_by_time ON feedback (recorded_at);
        INSERT INTO trainable
            SELECT seq, feedback.id, feedback.id IN (SELECT feedback_id FROM trained_pair)
            FROM feedback JOIN prompt ON prompt.id = prompt_id
            WHERE kind IN ('pair', 'edit', 'rating') AND held_out = 0
                AND feedback.id NOT IN (SELECT feedback_id FROM tombstone);
        CREATE TRIGGER feedback_becomes_trainable AFTER INSERT ON feedback
        WHEN NEW.kind IN ('pair', 'edit', 'rating')
            AND (SELECT held_out FROM prompt WHERE id = NEW.prompt_id) = 0
        BEGIN INSERT INTO trainable VALUES (NEW.seq, NEW.id, 0); END;
        CREATE TRIGGER tombstone_ends_training AFTER INSERT ON tombstone
        BEGIN DELETE FROM trainable WHERE feedback_id = NEW.feedback_id; END;
        CREATE TRIGGER round_completes_training AFTER UPDATE OF state ON round
        WHEN NEW.state = 'completed'
        BEGIN
            UPDATE trainable SET trained = 1 WHERE trained = 0 AND feedback_id IN (
                SELECT feedback_id FROM trained_pair WHERE round_id = NEW.id);
        END;
        DROP TRIGGER round_pair_is_trainable;
        CREATE TRIGGER round_pair_is_trainable BEFORE INSERT ON round_pair
        WHEN NOT EXISTS (SELECT 1 FROM trainable WHERE feedback_id = NEW.feedback_id)
        BEGIN SELECT RAISE(ABORT, 'only live feedback that is not held out is trained on'); END;
        """
}
