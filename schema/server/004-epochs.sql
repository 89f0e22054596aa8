-- Every life that a feed is known to have had. A server that is put back to an older copy has forgotten the later ones;
-- it learns of them from what it signed in them.
CREATE TABLE layer_epoch (
    layer INTEGER NOT NULL REFERENCES layer (num),
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    PRIMARY KEY (layer, epoch)
) STRICT, WITHOUT ROWID;

INSERT INTO layer_epoch (layer, epoch) SELECT num, epoch FROM layer;
