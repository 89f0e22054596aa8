-- A snapshot that is being gathered; it has no effect. Once all its pieces are here it becomes the layer's base, in the place
-- of the one before, if there was one: `base` holds what counts alone.
CREATE TABLE coming (
    layer INTEGER PRIMARY KEY REFERENCES layer (num),
    -- As in `base`.
    head BLOB NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    checkpoint BLOB NOT NULL CHECK (length(checkpoint) = 64)
) STRICT;

CREATE TABLE coming_piece (
    layer INTEGER NOT NULL REFERENCES layer (num),
    number INTEGER NOT NULL,
    first_record BLOB NOT NULL CHECK (length(first_record) = 16),
    bytes BLOB NOT NULL,
    UNIQUE (layer, number)
) STRICT;

INSERT INTO coming (layer, head, signature, checkpoint)
SELECT layer, head, signature, checkpoint FROM base WHERE is_in_force = 0;
INSERT INTO coming_piece (layer, number, first_record, bytes)
SELECT layer, number, first_record, bytes FROM base_piece WHERE layer IN (SELECT layer FROM coming);
DELETE FROM base_piece WHERE layer IN (SELECT layer FROM coming);
DELETE FROM base WHERE is_in_force = 0;
ALTER TABLE base DROP COLUMN is_in_force;
