-- The server's store: accounts, layers, feeds. docs/sync-protocol.md says what the feed means.

CREATE TABLE server (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id BLOB NOT NULL CHECK (length(id) = 16),
    -- Ed25519 seed: signs device certificates and checkpoints.
    key_seed BLOB NOT NULL CHECK (length(key_seed) = 32)
) STRICT;

CREATE TABLE user (
    num INTEGER PRIMARY KEY,
    -- The member id of the user's changes, in every workspace.
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Bearer tokens, as SHA-256 alone: 256 random bits need no slow hash.
CREATE TABLE token (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    user INTEGER NOT NULL REFERENCES user (num),
    created_at INTEGER NOT NULL,
    -- The device that introduced itself with it.
    device INTEGER REFERENCES device (num)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    num INTEGER PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user (num),
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (user, public_key)
) STRICT;

CREATE TABLE workspace (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    title TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE membership (
    workspace INTEGER NOT NULL REFERENCES workspace (num),
    user INTEGER NOT NULL REFERENCES user (num),
    PRIMARY KEY (workspace, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE layer (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace INTEGER NOT NULL REFERENCES workspace (num),
    kind INTEGER NOT NULL,
    owner INTEGER REFERENCES user (num),
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    -- How many lives the feed has had.
    epoch_count INTEGER NOT NULL DEFAULT 1,
    position INTEGER NOT NULL DEFAULT 0,
    feed_hash BLOB NOT NULL CHECK (length(feed_hash) = 32),
    lamport INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX layer_workspace ON layer (workspace);

-- The device behind a replica id: the first that pushed under it.
CREATE TABLE replica (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    member BLOB NOT NULL CHECK (length(member) = 16),
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    certificate BLOB NOT NULL CHECK (length(certificate) = 64)
) STRICT;

CREATE TABLE chain (
    num INTEGER PRIMARY KEY,
    layer INTEGER NOT NULL REFERENCES layer (num),
    replica INTEGER NOT NULL REFERENCES replica (num),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    lamport INTEGER NOT NULL,
    UNIQUE (layer, replica)
) STRICT;

-- id = layer.num * 2^40 + position: a feed is read as one stretch of the table.
CREATE TABLE feed (
    id INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL REFERENCES chain (num),
    seq INTEGER NOT NULL,
    author BLOB NOT NULL CHECK (length(author) = 16),
    lamport INTEGER NOT NULL,
    wall_time INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    feed_hash BLOB NOT NULL CHECK (length(feed_hash) = 32),
    payload BLOB,
    payload_hash BLOB CHECK (length(payload_hash) = 32),
    withheld INTEGER,
    signature BLOB CHECK (length(signature) = 64),
    received_at INTEGER NOT NULL,
    CHECK ((payload IS NULL) = (withheld IS NOT NULL) AND (payload IS NULL) = (payload_hash IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX feed_chain ON feed (chain, seq);
