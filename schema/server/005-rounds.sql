-- Rounds: what the server has to know of them to keep their layers closed until they are revealed. The records stand in
-- the shared layer, the submissions in the coders' own.

CREATE TABLE round (
    num INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspace (num),
    id BLOB NOT NULL CHECK (length(id) = 16),
    is_blind INTEGER NOT NULL,
    -- 'all', 'date' or 'hand'
    reveal_rule TEXT NOT NULL,
    -- In milliseconds since 1970, for 'date'.
    reveal_at INTEGER,
    -- A RoundState, as the merged record shows it.
    state INTEGER NOT NULL DEFAULT 0,
    -- What has happened, once and for good.
    opened_at INTEGER,
    revealed_at INTEGER,
    published_at INTEGER,
    UNIQUE (workspace, id)
) STRICT;

-- Their rounds may come after them.
CREATE TABLE assignment (
    workspace INTEGER NOT NULL REFERENCES workspace (num),
    record BLOB NOT NULL CHECK (length(record) = 16),
    round BLOB NOT NULL CHECK (length(round) = 16),
    coder BLOB NOT NULL CHECK (length(coder) = 16),
    is_alive INTEGER NOT NULL,
    PRIMARY KEY (workspace, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX assignment_round ON assignment (workspace, round);

CREATE TABLE submission (
    layer INTEGER NOT NULL REFERENCES layer (num),
    record BLOB NOT NULL CHECK (length(record) = 16),
    assignment BLOB NOT NULL CHECK (length(assignment) = 16),
    is_submitted INTEGER NOT NULL,
    PRIMARY KEY (layer, record)
) STRICT, WITHOUT ROWID;

ALTER TABLE layer ADD COLUMN round INTEGER REFERENCES round (num);

CREATE INDEX layer_round ON layer (round) WHERE round IS NOT NULL;
