-- Snapshots: a layer's merged records at a position of its feed, from which a new replica starts. No epoch is kept here:
-- the rows of a feed stay what they are in all its lives.

CREATE TABLE snapshot (
    num INTEGER PRIMARY KEY,
    layer INTEGER NOT NULL REFERENCES layer (num),
    position INTEGER NOT NULL CHECK (position > 0),
    -- The feed's, there.
    feed_hash BLOB NOT NULL CHECK (length(feed_hash) = 32),
    record_count INTEGER NOT NULL DEFAULT 0,
    built_at INTEGER NOT NULL,
    -- 0 while pieces are still being written, and after a crash then.
    is_complete INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX snapshot_layer ON snapshot (layer, position);

-- Where the layer's chains end there.
CREATE TABLE snapshot_chain (
    snapshot INTEGER NOT NULL REFERENCES snapshot (num),
    layer INTEGER NOT NULL REFERENCES layer (num),
    chain INTEGER NOT NULL REFERENCES chain (num),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    lamport INTEGER NOT NULL,
    PRIMARY KEY (snapshot, chain)
) STRICT, WITHOUT ROWID;

CREATE INDEX snapshot_chain_layer ON snapshot_chain (layer);
CREATE INDEX snapshot_chain_chain ON snapshot_chain (chain);

CREATE TABLE snapshot_piece (
    snapshot INTEGER NOT NULL REFERENCES snapshot (num),
    -- From 0.
    number INTEGER NOT NULL,
    layer INTEGER NOT NULL REFERENCES layer (num),
    first_record BLOB NOT NULL CHECK (length(first_record) = 16),
    -- Of `bytes`.
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    -- A zstd frame of a snapshot-piece of schema/wire/snapshot.cddl.
    bytes BLOB NOT NULL,
    PRIMARY KEY (snapshot, number)
) STRICT;

CREATE INDEX snapshot_piece_layer ON snapshot_piece (layer);
