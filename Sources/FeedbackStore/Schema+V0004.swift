/// `v0004-rules`: by which rule a label request was made, and which one it repeats.
extension Schema {
    /// The table is built anew, since its first form demanded `draw > weight` of every request.
    static let labelRequestWithRule = """
        CREATE TABLE label_request_new (
            id            TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
            feedback_id   TEXT NOT NULL REFERENCES feedback (id),
            round_id      INTEGER NOT NULL REFERENCES round (id),
            checkpoint_id TEXT CHECK (checkpoint_id <> ''),
            annotator     TEXT NOT NULL CHECK (annotator IN ('human', 'command')),
            score         REAL NOT NULL CHECK (score <= 0),
            weight        REAL NOT NULL CHECK (weight BETWEEN 0 AND 1),
            draw          REAL NOT NULL CHECK (draw >= 0 AND draw < 1),
            rule          TEXT NOT NULL CHECK (rule IN ('weight', 'threshold', 'random')),
            repeats       TEXT UNIQUE REFERENCES label_request (id) CHECK (repeats <> id),
            state         TEXT NOT NULL
                          CHECK (state IN ('open', 'answered', 'skipped', 'expired')),
            reason        TEXT,
            asked_at      INTEGER NOT NULL CHECK (asked_at BETWEEN 0 AND 253402300799999),
            closed_at     INTEGER CHECK (closed_at BETWEEN 0 AND 253402300799999),
            CHECK ((state = 'open') = (closed_at IS NULL)),
            CHECK (rule <> 'weight' OR draw > weight)
        ) STRICT;
        INSERT INTO label_request_new
            SELECT id, feedback_id, round_id, checkpoint_id, annotator, score, weight, draw,
                'weight', NULL, state, reason, asked_at, closed_at
            FROM label_request;
        DROP TRIGGER label_request_is_never_deleted;
        DROP TABLE label_request;
        ALTER TABLE label_request_new RENAME TO label_request;
        CREATE INDEX label_request_by_need ON label_request (state, weight);
        CREATE INDEX label_request_by_feedback ON label_request (feedback_id);
        CREATE INDEX label_request_by_round ON label_request (round_id);
        CREATE INDEX label_request_by_time ON label_request (asked_at);
        CREATE TRIGGER label_request_keeps_its_facts BEFORE UPDATE ON label_request
        WHEN (OLD.id, OLD.feedback_id, OLD.round_id, OLD.checkpoint_id, OLD.annotator, OLD.score,
              OLD.weight, OLD.draw, OLD.rule, OLD.repeats, OLD.asked_at) IS NOT
             (NEW.id, NEW.feedback_id, NEW.round_id, NEW.checkpoint_id, NEW.annotator, NEW.score,
              NEW.weight, NEW.draw, NEW.rule, NEW.repeats, NEW.asked_at)
            OR (OLD.state <> 'open' AND NOT (OLD.state = 'answered' AND NEW.state = 'open'))
        BEGIN SELECT RAISE(ABORT, 'a closed label request does not change'); END;
        CREATE TRIGGER label_request_is_never_deleted BEFORE DELETE ON label_request
        BEGIN SELECT RAISE(ABORT, 'label requests are append-only'); END;
        """
}
