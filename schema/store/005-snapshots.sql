-- A layer that began from a snapshot instead of its history. While its row is here and in force, changes up to the chains'
-- base_seq may be missing from the log, and the pieces stand for them: a record is what its piece says, and what the
-- changes behind that add. The row goes when the history is here.
CREATE TABLE base (
    layer INTEGER PRIMARY KEY REFERENCES layer (num),
    -- The snapshot-head of schema/wire/snapshot.cddl, and the server's signatures over it and over the feed there.
    head BLOB NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    checkpoint BLOB NOT NULL CHECK (length(checkpoint) = 64),
    -- Whether all pieces are here, and count.
    is_in_force INTEGER NOT NULL DEFAULT 0,
    -- How many pieces have been read into the records.
    loaded INTEGER NOT NULL DEFAULT 0,
    -- How far the feed has been read for the history, and its hash there.
    history_position INTEGER NOT NULL DEFAULT 0,
    history_hash BLOB NOT NULL CHECK (length(history_hash) = 32)
) STRICT;

-- zstd frames of a snapshot-piece, as they came.
CREATE TABLE base_piece (
    layer INTEGER NOT NULL REFERENCES layer (num),
    number INTEGER NOT NULL,
    first_record BLOB NOT NULL CHECK (length(first_record) = 16),
    bytes BLOB NOT NULL,
    UNIQUE (layer, number)
) STRICT;
CREATE INDEX base_piece_record ON base_piece (layer, first_record);

-- Where the snapshot stands in a chain; 0 and NULL where the log is whole.
ALTER TABLE chain ADD COLUMN base_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chain ADD COLUMN base_hash BLOB CHECK (length(base_hash) = 32);
ALTER TABLE chain ADD COLUMN base_lamport INTEGER NOT NULL DEFAULT 0;
