-- The database's schema as the migrations leave it. Generated from Sources/FeedbackStore
-- by the test SchemaTests.theDocumentedSchemaIsTheRealOne; do not edit.

CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);

CREATE TABLE prompt (
    id       INTEGER PRIMARY KEY,
    hash     TEXT NOT NULL UNIQUE CHECK (length(hash) = 64 AND hash NOT GLOB '*[^0-9a-f]*'),
    messages TEXT NOT NULL CHECK (json_valid(messages) AND json_array_length(messages) > 0),
    held_out INTEGER NOT NULL CHECK (held_out IN (0, 1))
) STRICT;

CREATE TABLE feedback (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE CHECK (id = substr(content_hash, 1, 16)),
    content_hash TEXT NOT NULL UNIQUE
                 CHECK (length(content_hash) = 64 AND content_hash NOT GLOB '*[^0-9a-f]*'),
    kind         TEXT NOT NULL CHECK (kind IN ('pair', 'tie', 'rating', 'edit')),
    prompt_id    INTEGER NOT NULL REFERENCES prompt (id),
    chosen       TEXT CHECK (trim(chosen, char(9, 10, 13, 32)) <> ''),
    rejected     TEXT CHECK (trim(rejected, char(9, 10, 13, 32)) <> ''),
    source       TEXT,
    recorded_at  INTEGER NOT NULL CHECK (recorded_at BETWEEN 0 AND 253402300799999),
    CHECK (CASE kind
        WHEN 'rating' THEN (chosen IS NULL) <> (rejected IS NULL)
        ELSE chosen IS NOT NULL AND rejected IS NOT NULL AND chosen <> rejected
    END)
) STRICT;

CREATE INDEX feedback_by_prompt ON feedback (prompt_id);

CREATE TABLE tombstone (
    feedback_id  TEXT PRIMARY KEY REFERENCES feedback (id),
    reason       TEXT,
    retracted_at INTEGER NOT NULL CHECK (retracted_at BETWEEN 0 AND 253402300799999)
) STRICT;

CREATE TRIGGER prompt_is_never_deleted BEFORE DELETE ON prompt
BEGIN SELECT RAISE(ABORT, 'prompts are append-only'); END;

CREATE TRIGGER feedback_is_never_deleted BEFORE DELETE ON feedback
BEGIN SELECT RAISE(ABORT, 'feedback is append-only: retract it'); END;

CREATE TRIGGER tombstone_is_never_deleted BEFORE DELETE ON tombstone
BEGIN SELECT RAISE(ABORT, 'a retraction is final'); END;

CREATE TABLE round (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    state       TEXT NOT NULL
                CHECK (state IN ('running', 'completed', 'failed', 'cancelled')),
    plan        TEXT NOT NULL CHECK (json_valid(plan)),
    metrics     TEXT CHECK (metrics IS NULL OR json_valid(metrics)),
    gate        TEXT CHECK (gate IS NULL OR json_valid(gate)),
    failure     TEXT,
    started_at  INTEGER NOT NULL CHECK (started_at BETWEEN 0 AND 253402300799999),
    finished_at INTEGER CHECK (finished_at BETWEEN 0 AND 253402300799999),
    CHECK ((state = 'running') = (finished_at IS NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK (state <> 'completed' OR (metrics IS NOT NULL AND gate IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX round_runs_alone ON round (state) WHERE state = 'running';

CREATE TRIGGER round_is_never_deleted BEFORE DELETE ON round
BEGIN SELECT RAISE(ABORT, 'rounds are append-only'); END;

CREATE TABLE round_pair (
    round_id    INTEGER NOT NULL REFERENCES round (id),
    feedback_id TEXT NOT NULL REFERENCES feedback (id),
    role        TEXT NOT NULL CHECK (role IN ('new', 'replay')),
    PRIMARY KEY (round_id, feedback_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX round_pair_by_feedback ON round_pair (feedback_id);

CREATE TRIGGER round_pair_joins_a_running_round BEFORE INSERT ON round_pair
WHEN (SELECT state FROM round WHERE id = NEW.round_id) <> 'running'
BEGIN SELECT RAISE(ABORT, 'only a running round takes pairs'); END;

CREATE TRIGGER round_pair_is_never_changed BEFORE UPDATE ON round_pair
BEGIN SELECT RAISE(ABORT, 'what a round trains on is append-only'); END;

CREATE TRIGGER round_pair_is_never_deleted BEFORE DELETE ON round_pair
BEGIN SELECT RAISE(ABORT, 'what a round trains on is append-only'); END;

CREATE TRIGGER round_trains_new_pairs_once BEFORE UPDATE OF state ON round
WHEN NEW.state = 'completed' AND EXISTS (
    SELECT 1 FROM round_pair AS mine
    JOIN round_pair AS other USING (feedback_id)
    JOIN round AS earlier ON earlier.id = other.round_id AND earlier.state = 'completed'
    WHERE mine.round_id = NEW.id AND mine.role = 'new' AND other.round_id <> NEW.id)
BEGIN SELECT RAISE(ABORT, 'a completed round has trained on this new pair already'); END;

CREATE TABLE checkpoint (
    id          TEXT PRIMARY KEY CHECK (length(id) = 64 AND id NOT GLOB '*[^0-9a-f]*'),
    origin      TEXT NOT NULL CHECK (origin <> ''),
    round_id    INTEGER REFERENCES round (id),
    recorded_at INTEGER NOT NULL CHECK (recorded_at BETWEEN 0 AND 253402300799999),
    CHECK (round_id IS NULL OR origin = 'local')
) STRICT;

CREATE INDEX checkpoint_by_round ON checkpoint (round_id);

CREATE TRIGGER checkpoint_is_never_changed BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'the checkpoint registry is append-only'); END;

CREATE TRIGGER checkpoint_is_never_deleted BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'the checkpoint registry is append-only'); END;

CREATE TABLE promotion (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL CHECK (kind IN ('gate', 'forced', 'rollback', 'reset')),
    checkpoint_id TEXT REFERENCES checkpoint (id),
    gate          TEXT CHECK (gate IS NULL OR json_valid(gate)),
    promoted_at   INTEGER NOT NULL CHECK (promoted_at BETWEEN 0 AND 253402300799999),
    CHECK (kind = 'rollback' OR (kind = 'reset') = (checkpoint_id IS NULL))
) STRICT;

CREATE TRIGGER promotion_is_never_changed BEFORE UPDATE ON promotion
BEGIN SELECT RAISE(ABORT, 'promotions are append-only'); END;

CREATE TRIGGER promotion_is_never_deleted BEFORE DELETE ON promotion
BEGIN SELECT RAISE(ABORT, 'promotions are append-only'); END;

CREATE TABLE label_candidate (
    request_id TEXT NOT NULL REFERENCES label_request (id),
    ordinal    INTEGER NOT NULL CHECK (ordinal >= 0),
    text       TEXT NOT NULL,
    PRIMARY KEY (request_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER label_candidate_is_never_deleted BEFORE DELETE ON label_candidate
BEGIN SELECT RAISE(ABORT, 'candidates are append-only'); END;

CREATE TABLE label_answer (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id   TEXT NOT NULL REFERENCES label_request (id),
    verdict      TEXT NOT NULL CHECK (json_valid(verdict)),
    chosen       TEXT CHECK (chosen <> rejected),
    rejected     TEXT,
    answered_at  INTEGER NOT NULL CHECK (answered_at BETWEEN 0 AND 253402300799999),
    withdrawn_at INTEGER CHECK (withdrawn_at BETWEEN 0 AND 253402300799999),
    CHECK ((chosen IS NULL) = (rejected IS NULL))
) STRICT;

CREATE UNIQUE INDEX label_answer_stands_alone ON label_answer (request_id)
    WHERE withdrawn_at IS NULL;

CREATE TABLE round_answer (
    round_id  INTEGER NOT NULL REFERENCES round (id),
    answer_id INTEGER NOT NULL REFERENCES label_answer (id),
    PRIMARY KEY (round_id, answer_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX round_answer_by_answer ON round_answer (answer_id);

CREATE TRIGGER round_answer_joins_a_running_round BEFORE INSERT ON round_answer
WHEN (SELECT state FROM round WHERE id = NEW.round_id) <> 'running'
BEGIN SELECT RAISE(ABORT, 'only a running round takes answers'); END;

CREATE TRIGGER round_answer_is_never_changed BEFORE UPDATE ON round_answer
BEGIN SELECT RAISE(ABORT, 'what a round trains on is append-only'); END;

CREATE TRIGGER round_answer_is_never_deleted BEFORE DELETE ON round_answer
BEGIN SELECT RAISE(ABORT, 'what a round trains on is append-only'); END;

CREATE TRIGGER round_trains_answers_once BEFORE UPDATE OF state ON round
WHEN NEW.state = 'completed' AND EXISTS (
    SELECT 1 FROM round_answer AS mine
    JOIN round_answer AS other USING (answer_id)
    JOIN round AS earlier ON earlier.id = other.round_id AND earlier.state = 'completed'
    WHERE mine.round_id = NEW.id AND other.round_id <> NEW.id)
BEGIN SELECT RAISE(ABORT, 'a completed round has trained on this answer already'); END;

CREATE TRIGGER label_answer_is_never_deleted BEFORE DELETE ON label_answer
BEGIN SELECT RAISE(ABORT, 'answers are append-only'); END;

CREATE TABLE reference_logp (
    reference   TEXT NOT NULL CHECK (reference <> ''),
    feedback_id TEXT NOT NULL REFERENCES feedback (id),
    chosen      REAL NOT NULL CHECK (chosen <= 0),
    rejected    REAL NOT NULL CHECK (rejected <= 0),
    PRIMARY KEY (reference, feedback_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE model (
    name        TEXT PRIMARY KEY CHECK (name <> ''),
    path        TEXT NOT NULL CHECK (path LIKE '/%'),
    sha256      TEXT NOT NULL CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
    size        INTEGER NOT NULL CHECK (size > 0),
    modified_at INTEGER NOT NULL,
    active      INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE UNIQUE INDEX model_is_active_alone ON model (active) WHERE active = 1;

CREATE TABLE setting (
    key   TEXT PRIMARY KEY CHECK (key <> ''),
    value TEXT NOT NULL
) STRICT;

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

CREATE TABLE trainable (
    seq         INTEGER PRIMARY KEY REFERENCES feedback (seq),
    feedback_id TEXT NOT NULL UNIQUE REFERENCES feedback (id),
    trained     INTEGER NOT NULL CHECK (trained IN (0, 1))
) STRICT;

CREATE INDEX trainable_by_state ON trainable (trained, seq, feedback_id);

CREATE INDEX feedback_by_kind ON feedback (kind);

CREATE INDEX feedback_by_time ON feedback (recorded_at);

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

CREATE TRIGGER round_pair_is_trainable BEFORE INSERT ON round_pair
WHEN NOT EXISTS (SELECT 1 FROM trainable WHERE feedback_id = NEW.feedback_id)
BEGIN SELECT RAISE(ABORT, 'only live feedback that is not held out is trained on'); END;

CREATE TABLE "label_request" (
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

CREATE TABLE peer (
    name     TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    address  TEXT UNIQUE CHECK (address <> ''),
    host     TEXT UNIQUE CHECK (length(host) = 64),
    trusted  INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    added_at INTEGER NOT NULL CHECK (added_at BETWEEN 0 AND 253402300799999), shares_feedback INTEGER NOT NULL DEFAULT 0
    CHECK (shares_feedback IN (0, 1)) CHECK (shares_feedback <= trusted),
    CHECK (address IS NOT NULL OR host IS NOT NULL),
    CHECK (trusted = 0 OR host IS NOT NULL)
) STRICT;

CREATE TABLE collected (
    checkpoint_id TEXT PRIMARY KEY REFERENCES checkpoint (id),
    collected_at  INTEGER NOT NULL CHECK (collected_at BETWEEN 0 AND 253402300799999)
) STRICT;

CREATE TABLE pin (
    checkpoint_id TEXT PRIMARY KEY REFERENCES checkpoint (id),
    pinned_at     INTEGER NOT NULL CHECK (pinned_at BETWEEN 0 AND 253402300799999)
) STRICT;

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

CREATE TRIGGER feedback_is_never_changed BEFORE UPDATE ON feedback
WHEN (OLD.seq, OLD.id, OLD.content_hash, OLD.kind, OLD.prompt_id, OLD.recorded_at) IS NOT
     (NEW.seq, NEW.id, NEW.content_hash, NEW.kind, NEW.prompt_id, NEW.recorded_at)
    OR NEW.chosen IS NOT iif(OLD.chosen IS NULL, NULL, 'erased, chosen')
    OR NEW.rejected IS NOT iif(OLD.rejected IS NULL, NULL, 'erased, rejected')
    OR NEW.source IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM erasure WHERE content_hash = OLD.content_hash)
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;

CREATE TRIGGER prompt_is_never_changed BEFORE UPDATE ON prompt
WHEN (OLD.id, OLD.held_out) IS NOT (NEW.id, NEW.held_out)
    OR NEW.messages <> '[{"content":"","role":"user"}]'
    OR NEW.hash NOT IN (SELECT content_hash FROM feedback WHERE prompt_id = OLD.id)
    OR EXISTS (SELECT 1 FROM feedback WHERE prompt_id = OLD.id
               AND content_hash NOT IN (SELECT content_hash FROM erasure))
BEGIN SELECT RAISE(ABORT, 'prompts are append-only'); END;

CREATE TRIGGER tombstone_is_never_changed BEFORE UPDATE ON tombstone
WHEN NEW.feedback_id IS NOT OLD.feedback_id
    OR (NEW.retracted_at, coalesce(NEW.reason, ''))
        >= (OLD.retracted_at, coalesce(OLD.reason, ''))
BEGIN SELECT RAISE(ABORT, 'a retraction is final'); END;

CREATE TRIGGER label_candidate_is_never_changed BEFORE UPDATE ON label_candidate
WHEN (OLD.request_id, OLD.ordinal) IS NOT (NEW.request_id, NEW.ordinal) OR NEW.text <> ''
    OR NOT EXISTS (
        SELECT 1 FROM label_request JOIN feedback ON feedback.id = feedback_id
        JOIN erasure USING (content_hash) WHERE label_request.id = OLD.request_id)
BEGIN SELECT RAISE(ABORT, 'candidates are append-only'); END;

CREATE TRIGGER label_answer_is_only_withdrawn BEFORE UPDATE ON label_answer
WHEN ((OLD.id, OLD.request_id, OLD.verdict, OLD.chosen, OLD.rejected, OLD.answered_at)
        IS NOT (NEW.id, NEW.request_id, NEW.verdict, NEW.chosen, NEW.rejected, NEW.answered_at)
    OR OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
    OR EXISTS (SELECT 1 FROM round_answer JOIN round ON round.id = round_id
               WHERE answer_id = OLD.id AND state IN ('running', 'completed')))
    AND NOT (
        (OLD.id, OLD.request_id, OLD.answered_at, OLD.withdrawn_at)
            IS (NEW.id, NEW.request_id, NEW.answered_at, NEW.withdrawn_at)
        AND NEW.verdict IN (OLD.verdict, '{"bothBad":true}')
        AND NEW.chosen IS NULL AND NEW.rejected IS NULL
        AND EXISTS (
            SELECT 1 FROM label_request JOIN feedback ON feedback.id = feedback_id
            JOIN erasure USING (content_hash) WHERE label_request.id = OLD.request_id))
BEGIN SELECT RAISE(ABORT, 'an answer can only be withdrawn, and only before a round uses it'); END;

CREATE TRIGGER round_once_finished_is_final BEFORE UPDATE ON round
WHEN OLD.state <> 'running'
    AND ((OLD.id, OLD.state, OLD.metrics, OLD.gate, OLD.failure, OLD.started_at,
          OLD.finished_at) IS NOT
         (NEW.id, NEW.state, NEW.metrics, NEW.gate, NEW.failure, NEW.started_at,
          NEW.finished_at)
        OR NOT EXISTS (SELECT 1 FROM setting WHERE key = 'erasure.pending'))
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
