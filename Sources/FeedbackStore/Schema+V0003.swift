/// `v0003-trainable`: what waits, what was trained on and what is new, without looking at every pair.
extension Schema {
    /// `trainable_pair` follows from the facts, and triggers keep it so: it holds the live pairs and
    /// edits whose prompt is not held out. Planning a round and counting what waits would otherwise
    /// ask every pair for its rounds, which takes seconds beside a million of them.
    static let trainableTables = """
        CREATE TABLE trainable_pair (
            seq         INTEGER PRIMARY KEY REFERENCES feedback (seq),
            feedback_id TEXT NOT NULL UNIQUE REFERENCES feedback (id),
            trained     INTEGER NOT NULL CHECK (trained IN (0, 1))
        ) STRICT;
        CREATE INDEX trainable_pair_by_trained ON trainable_pair (trained, seq, feedback_id);
        CREATE INDEX feedback_by_kind ON feedback (kind);
        CREATE INDEX feedback_by_time ON feedback (recorded_at);
        INSERT INTO trainable_pair
            SELECT seq, feedback.id, feedback.id IN (SELECT feedback_id FROM trained_pair)
            FROM feedback JOIN prompt ON prompt.id = prompt_id
            WHERE kind IN ('pair', 'edit') AND held_out = 0
                AND feedback.id NOT IN (SELECT feedback_id FROM tombstone);
        CREATE TRIGGER feedback_becomes_trainable AFTER INSERT ON feedback
        WHEN NEW.kind IN ('pair', 'edit')
            AND (SELECT held_out FROM prompt WHERE id = NEW.prompt_id) = 0
        BEGIN INSERT INTO trainable_pair VALUES (NEW.seq, NEW.id, 0); END;
        CREATE TRIGGER tombstone_ends_training AFTER INSERT ON tombstone
        BEGIN DELETE FROM trainable_pair WHERE feedback_id = NEW.feedback_id; END;
        CREATE TRIGGER round_completes_training AFTER UPDATE OF state ON round
        WHEN NEW.state = 'completed'
        BEGIN
            UPDATE trainable_pair SET trained = 1 WHERE trained = 0 AND feedback_id IN (
                SELECT feedback_id FROM trained_pair WHERE round_id = NEW.id);
        END;
        """
}
