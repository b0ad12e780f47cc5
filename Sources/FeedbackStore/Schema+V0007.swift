/// `v0007-feedback-sync`: text that is gone for good, checkpoints that were trained on what was taken
/// back, and peers that feedback is exchanged with.
extension Schema {
    /// What stands in place of an erased text: the sides must be there and differ.
    static let erasedChosen = "erased, chosen"
    static let erasedRejected = "erased, rejected"
    static let erasedPrompt = #"[{"content":"","role":"user"}]"#
    static let erasedVerdict = #"{"bothBad":true}"#

    /// The setting that holds the ids of an erasure under way; only then do plans of rounds change.
    static let pendingErasureKey = "erasure.pending"

    /// An erasure names a content hash whether or not the fact was ever here, so that it cannot come
    /// later. The triggers that keep facts as they are let through what an erasure does, and the
    /// earlier of two retractions, and nothing else.
    static let erasureTables = """
        CREATE TABLE erasure (
            content_hash TEXT PRIMARY KEY
                         CHECK (length(content_hash) = 64 AND content_hash NOT GLOB '*[^0-9a-f]*'),
            erased_at    INTEGER NOT NULL CHECK (erased_at BETWEEN 0 AND 253402300799999)
        ) STRICT;
        CREATE TRIGGER erasure_keeps_the_earliest_time BEFORE UPDATE ON erasure
        WHEN NEW.content_hash IS NOT OLD.content_hash OR NEW.erased_at >= OLD.erased_at
        BEGIN SELECT RAISE(ABORT, 'an erasure is final'); END;
        CREATE TRIGGER erasure_is_never_deleted BEFORE DELETE ON erasure
        BEGIN SELECT RAISE(ABORT, 'an erasure is final'); END;
        CREATE TRIGGER feedback_once_erased_never_comes_back BEFORE INSERT ON feedback
        WHEN EXISTS (SELECT 1 FROM erasure WHERE content_hash = NEW.content_hash)
        BEGIN SELECT RAISE(ABORT, 'this feedback was erased'); END;

        DROP TRIGGER IF EXISTS feedback_is_never_changed;
        CREATE TRIGGER feedback_is_never_changed BEFORE UPDATE ON feedback
        WHEN (OLD.seq, OLD.id, OLD.content_hash, OLD.kind, OLD.prompt_id, OLD.recorded_at) IS NOT
             (NEW.seq, NEW.id, NEW.content_hash, NEW.kind, NEW.prompt_id, NEW.recorded_at)
            OR NEW.chosen IS NOT iif(OLD.chosen IS NULL, NULL, '\(erasedChosen)')
            OR NEW.rejected IS NOT iif(OLD.rejected IS NULL, NULL, '\(erasedRejected)')
            OR NEW.source IS NOT NULL
            OR NOT EXISTS (SELECT 1 FROM erasure WHERE content_hash = OLD.content_hash)
        BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;
        DROP TRIGGER IF EXISTS prompt_is_never_changed;
        CREATE TRIGGER prompt_is_never_changed BEFORE UPDATE ON prompt
        WHEN (OLD.id, OLD.held_out) IS NOT (NEW.id, NEW.held_out)
            OR NEW.messages <> '\(erasedPrompt)'
            OR NEW.hash NOT IN (SELECT content_hash FROM feedback WHERE prompt_id = OLD.id)
            OR EXISTS (SELECT 1 FROM feedback WHERE prompt_id = OLD.id
                       AND content_hash NOT IN (SELECT content_hash FROM erasure))
        BEGIN SELECT RAISE(ABORT, 'prompts are append-only'); END;
        DROP TRIGGER IF EXISTS tombstone_is_never_changed;
        CREATE TRIGGER tombstone_is_never_changed BEFORE UPDATE ON tombstone
        WHEN NEW.feedback_id IS NOT OLD.feedback_id
            OR (NEW.retracted_at, coalesce(NEW.reason, ''))
                >= (OLD.retracted_at, coalesce(OLD.reason, ''))
        BEGIN SELECT RAISE(ABORT, 'a retraction is final'); END;
        DROP TRIGGER IF EXISTS label_candidate_is_never_changed;
        CREATE TRIGGER label_candidate_is_never_changed BEFORE UPDATE ON label_candidate
        WHEN (OLD.request_id, OLD.ordinal) IS NOT (NEW.request_id, NEW.ordinal) OR NEW.text <> ''
            OR NOT EXISTS (
                SELECT 1 FROM label_request JOIN feedback ON feedback.id = feedback_id
                JOIN erasure USING (content_hash) WHERE label_request.id = OLD.request_id)
        BEGIN SELECT RAISE(ABORT, 'candidates are append-only'); END;
        DROP TRIGGER IF EXISTS label_answer_is_only_withdrawn;
        CREATE TRIGGER label_answer_is_only_withdrawn BEFORE UPDATE ON label_answer
        WHEN ((OLD.id, OLD.request_id, OLD.verdict, OLD.chosen, OLD.rejected, OLD.answered_at)
                IS NOT (NEW.id, NEW.request_id, NEW.verdict, NEW.chosen, NEW.rejected, NEW.answered_at)
            OR OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
            OR EXISTS (SELECT 1 FROM round_answer JOIN round ON round.id = round_id
                       WHERE answer_id = OLD.id AND state IN ('running', 'completed')))
            AND NOT (
                (OLD.id, OLD.request_id, OLD.answered_at, OLD.withdrawn_at)
                    IS (NEW.id, NEW.request_id, NEW.answered_at, NEW.withdrawn_at)
                AND NEW.verdict IN (OLD.verdict, '\(erasedVerdict)')
                AND NEW.chosen IS NULL AND NEW.rejected IS NULL
                AND EXISTS (
                    SELECT 1 FROM label_request JOIN feedback ON feedback.id = feedback_id
                    JOIN erasure USING (content_hash) WHERE label_request.id = OLD.request_id))
        BEGIN SELECT RAISE(ABORT, 'an answer can only be withdrawn, and only before a round uses it'); END;
        DROP TRIGGER IF EXISTS round_once_finished_is_final;
        CREATE TRIGGER round_once_finished_is_final BEFORE UPDATE ON round
        WHEN OLD.state <> 'running'
            AND ((OLD.id, OLD.state, OLD.metrics, OLD.gate, OLD.failure, OLD.started_at,
                  OLD.finished_at) IS NOT
                 (NEW.id, NEW.state, NEW.metrics, NEW.gate, NEW.failure, NEW.started_at,
                  NEW.finished_at)
                OR NOT EXISTS (SELECT 1 FROM setting WHERE key = '\(pendingErasureKey)'))
        BEGIN SELECT RAISE(ABORT, 'a finished round does not change'); END;

        CREATE TABLE checkpoint_mark (
            content_hash  TEXT NOT NULL
                          CHECK (length(content_hash) = 64 AND content_hash NOT GLOB '*[^0-9a-f]*'),
            checkpoint_id TEXT NOT NULL
                          CHECK (length(checkpoint_id) = 64 AND checkpoint_id NOT GLOB '*[^0-9a-f]*'),
            PRIMARY KEY (content_hash, checkpoint_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER checkpoint_mark_is_never_changed BEFORE UPDATE ON checkpoint_mark
        BEGIN SELECT RAISE(ABORT, 'marks are append-only'); END;
        CREATE TRIGGER checkpoint_mark_is_never_deleted BEFORE DELETE ON checkpoint_mark
        BEGIN SELECT RAISE(ABORT, 'marks are append-only'); END;
        INSERT INTO checkpoint_mark
            SELECT DISTINCT content_hash, checkpoint.id FROM tombstone
            JOIN trained_pair USING (feedback_id) JOIN feedback ON feedback.id = feedback_id
            JOIN checkpoint ON checkpoint.round_id = trained_pair.round_id;
        CREATE TRIGGER retraction_marks_checkpoints AFTER INSERT ON tombstone
        BEGIN
            INSERT OR IGNORE INTO checkpoint_mark
            SELECT content_hash, checkpoint.id FROM trained_pair
            JOIN feedback ON feedback.id = trained_pair.feedback_id
            JOIN checkpoint ON checkpoint.round_id = trained_pair.round_id
            WHERE trained_pair.feedback_id = NEW.feedback_id;
        END;
        CREATE TRIGGER checkpoint_is_marked_from_the_start AFTER INSERT ON checkpoint
        WHEN NEW.round_id IS NOT NULL
        BEGIN
            INSERT OR IGNORE INTO checkpoint_mark
            SELECT content_hash, NEW.id FROM trained_pair
            JOIN tombstone USING (feedback_id) JOIN feedback ON feedback.id = feedback_id
            WHERE trained_pair.round_id = NEW.round_id;
        END;

        ALTER TABLE peer ADD COLUMN shares_feedback INTEGER NOT NULL DEFAULT 0
            CHECK (shares_feedback IN (0, 1)) CHECK (shares_feedback <= trusted);
        """
}
