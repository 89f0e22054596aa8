-- The server's receipt for a change: when it had the chain up to here, in milliseconds since 1970 by its clock, and its
-- signature over that. The earliest that came.
ALTER TABLE change ADD COLUMN received_at INTEGER;
ALTER TABLE change ADD COLUMN receipt BLOB CHECK (length(receipt) = 64);
