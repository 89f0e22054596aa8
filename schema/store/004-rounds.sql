-- Rounds, decisions, statement types, attributes, and what the codebook has gained. A layer of a round names it, and
-- how far the round has come: 0 hidden, 1 revealed, 2 published.
ALTER TABLE layer ADD COLUMN round BLOB CHECK (length(round) = 16);
ALTER TABLE layer ADD COLUMN round_stage INTEGER NOT NULL DEFAULT 0;

ALTER TABLE annotation ADD COLUMN codebook_revision BLOB;
ALTER TABLE code ADD COLUMN include TEXT;
ALTER TABLE code ADD COLUMN exclude TEXT;
ALTER TABLE code ADD COLUMN shortcut TEXT;
ALTER TABLE code ADD COLUMN is_codable INTEGER;
CREATE TABLE code_split_from (record INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;
CREATE TABLE code_stands_for (record INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;
CREATE TABLE entity_stands_for (record INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;
ALTER TABLE statement ADD COLUMN type BLOB;
ALTER TABLE statement ADD COLUMN codebook_revision BLOB;

CREATE TABLE round (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    title TEXT,
    state TEXT,
    is_blind INTEGER,
    reveal_rule TEXT,
    reveal_on TEXT,
    codebook_revision BLOB,
    codings_per_document INTEGER,
    seed INTEGER,
    instructions TEXT
) STRICT;

CREATE TABLE assignment (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    round BLOB,
    document BLOB,
    version BLOB,
    coder BLOB
) STRICT;
CREATE INDEX assignment_round ON assignment (round);

CREATE TABLE submission (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    round BLOB,
    assignment BLOB,
    seal BLOB,
    codings INTEGER,
    state TEXT
) STRICT;
CREATE INDEX submission_round ON submission (round);

CREATE TABLE decision (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    round BLOB,
    document BLOB,
    version BLOB,
    range_start INTEGER,
    range_end INTEGER,
    inputs BLOB,
    input_hash BLOB,
    outcome TEXT,
    result BLOB,
    rationale TEXT,
    supersedes BLOB,
    strategy TEXT
) STRICT;
CREATE INDEX decision_round ON decision (round);

CREATE TABLE agreement_run (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    round BLOB,
    measure TEXT,
    parameters TEXT,
    seed INTEGER,
    input_hash BLOB,
    value TEXT,
    interval TEXT,
    units INTEGER,
    incomplete INTEGER
) STRICT;
CREATE INDEX agreement_run_round ON agreement_run (round);

CREATE TABLE statement_type (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    name TEXT,
    definition TEXT,
    colour TEXT,
    status TEXT
) STRICT;

CREATE TABLE variable (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    type BLOB,
    name TEXT,
    value_type TEXT,
    place INTEGER,
    is_required INTEGER,
    definition TEXT
) STRICT;
CREATE TABLE variable_choices (record INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;
CREATE INDEX variable_type ON variable (type);

CREATE TABLE variable_value (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    statement BLOB,
    variable BLOB,
    text TEXT,
    integer INTEGER,
    boolean INTEGER,
    date TEXT,
    reference BLOB
) STRICT;
CREATE INDEX variable_value_statement ON variable_value (statement);

CREATE TABLE attribute (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    target BLOB,
    key TEXT,
    value TEXT
) STRICT;
CREATE INDEX attribute_target ON attribute (target);
