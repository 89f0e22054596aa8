-- How much a workspace holds and may hold, and who belonged to one that is deleted.

-- Its changes with their payloads: the length of each payload, and 256 bytes for each change.
ALTER TABLE workspace ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;

UPDATE workspace SET stored_bytes = (
    SELECT coalesce(sum(256 + coalesce(length(feed.payload), 0)), 0) FROM layer
    JOIN feed ON feed.id BETWEEN layer.num << 40 AND (layer.num << 40) + 0xFFFFFFFFFF
    WHERE layer.workspace = workspace.num
);

-- In bytes; NULL for the server's default, 0 for none.
ALTER TABLE workspace ADD COLUMN quota INTEGER CHECK (quota >= 0);

-- Whoever belonged, or had belonged, to a workspace when it was deleted: their devices are told that it has ended.
CREATE TABLE deleted_membership (
    -- Its id, which no other workspace ever gets.
    workspace BLOB NOT NULL CHECK (length(workspace) = 16),
    user INTEGER NOT NULL REFERENCES user (num),
    PRIMARY KEY (workspace, user)
) STRICT, WITHOUT ROWID;
