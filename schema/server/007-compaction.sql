-- Up to where the payloads of a layer's feed were let go of. Such a row has `withheld` 3 and the payload's hash; it had its effect,
-- and its feed_hash is what it was.
ALTER TABLE layer ADD COLUMN compacted_position INTEGER NOT NULL DEFAULT 0;

-- How far a device is known to have read a feed, in its present life: once it has asked for what comes behind.
CREATE TABLE reading (
    device INTEGER NOT NULL REFERENCES device (num),
    layer INTEGER NOT NULL REFERENCES layer (num),
    position INTEGER NOT NULL,
    PRIMARY KEY (device, layer)
) STRICT, WITHOUT ROWID;

CREATE INDEX reading_layer ON reading (layer);

-- Records that were deleted so long ago that every known device has read it: no later snapshot has them, and no change of them is
-- taken any more.
CREATE TABLE forgotten (
    layer INTEGER NOT NULL REFERENCES layer (num),
    record BLOB NOT NULL CHECK (length(record) = 16),
    PRIMARY KEY (layer, record)
) STRICT, WITHOUT ROWID;
