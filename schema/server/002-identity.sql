-- Who may do what: roles, makers of shared records, invitations, passwords, devices, and what was done by whom.

-- A Role of the model. Whoever belonged to a workspace before there were roles could write everything.
ALTER TABLE membership ADD COLUMN role INTEGER NOT NULL DEFAULT 3;

ALTER TABLE user ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
-- "scrypt$N$r$p$salt$hash"; NULL for somebody who has none.
ALTER TABLE user ADD COLUMN password TEXT;

-- By the server's clock, to the hour; NULL before the first request after enrolment.
ALTER TABLE device ADD COLUMN last_seen_at INTEGER;
ALTER TABLE device ADD COLUMN revoked_at INTEGER;

-- Set: nothing can be written there any more.
ALTER TABLE workspace ADD COLUMN archived_at INTEGER;

-- Up to which position the makers below were taken from the feed.
ALTER TABLE layer ADD COLUMN makers_position INTEGER NOT NULL DEFAULT 0;

-- Who created each record of a shared layer, and as what: the first that the feed brought.
CREATE TABLE maker (
    layer INTEGER NOT NULL REFERENCES layer (num),
    record BLOB NOT NULL CHECK (length(record) = 16),
    kind INTEGER NOT NULL,
    member BLOB NOT NULL CHECK (length(member) = 16),
    PRIMARY KEY (layer, record)
) STRICT, WITHOUT ROWID;

-- The merged member records of a shared layer, as far as they tell roles.
CREATE TABLE member_state (
    layer INTEGER NOT NULL REFERENCES layer (num),
    record BLOB NOT NULL CHECK (length(record) = 16),
    -- The record-state of schema/wire/state.cddl.
    state BLOB NOT NULL,
    awaited BLOB,
    PRIMARY KEY (layer, record)
) STRICT, WITHOUT ROWID;

-- Why the payload of a change was refused.
ALTER TABLE feed ADD COLUMN reason TEXT;

-- Single-use codes, as SHA-256 alone.
CREATE TABLE invitation (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    -- The workspace and role that it lets in to; NULL for a further device of `user`.
    workspace INTEGER REFERENCES workspace (num),
    role INTEGER,
    -- For whom, if they have an account already.
    user INTEGER REFERENCES user (num),
    -- Who made it; NULL for the operator.
    made_by INTEGER REFERENCES user (num),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The key of the device that used it.
    used_by BLOB CHECK (length(used_by) = 32),
    CHECK ((workspace IS NULL) = (role IS NULL) AND (workspace IS NOT NULL OR user IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What was done administratively.
CREATE TABLE audit (
    num INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- Member id; NULL for the operator.
    actor BLOB CHECK (length(actor) = 16),
    action TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
