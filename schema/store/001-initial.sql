-- The offline store. The log (chain, change) is the truth; record, the typed tables, conflict and search
-- are made from it and can be made anew (`variorum rebuild`). docs/data-model.md explains every table.

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- People and stores, interned: other tables name them by num.
CREATE TABLE member (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    name TEXT NOT NULL DEFAULT '',
    -- Whether the server lists them in the workspace now.
    is_listed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE replica (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- The device certificate: whose, which key, and the server's signature; NULL until it is known.
    member BLOB CHECK (length(member) = 16),
    public_key BLOB CHECK (length(public_key) = 32),
    certificate BLOB CHECK (length(certificate) = 64),
    is_own INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE workspace (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    title TEXT NOT NULL,
    server_url TEXT,
    server_id BLOB CHECK (length(server_id) = 16),
    server_key BLOB CHECK (length(server_key) = 32)
) STRICT;

CREATE TABLE layer (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace INTEGER NOT NULL REFERENCES workspace (num),
    kind INTEGER NOT NULL,
    owner INTEGER REFERENCES member (num),
    is_writable INTEGER NOT NULL,
    -- The cursor: how far the feed has been read, in which of its lives, and its hash there.
    epoch BLOB CHECK (length(epoch) = 16),
    position INTEGER NOT NULL DEFAULT 0,
    feed_hash BLOB NOT NULL CHECK (length(feed_hash) = 32),
    -- The server's signature over the cursor; NULL at position 0.
    cursor_signature BLOB CHECK (length(cursor_signature) = 64),
    -- Where the server's feed stood when last heard of.
    head_position INTEGER NOT NULL DEFAULT 0,
    lamport INTEGER NOT NULL DEFAULT 0,
    -- Counts every commit that touched the layer, on this store alone.
    revision INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Points of a feed beyond the cursor that the server has signed: what it acknowledged, it is held to when the cursor
-- gets there. Two lives of a server may have signed the same position.
CREATE TABLE checkpoint (
    layer INTEGER NOT NULL REFERENCES layer (num),
    position INTEGER NOT NULL,
    feed_hash BLOB NOT NULL CHECK (length(feed_hash) = 32),
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (layer, position, feed_hash)
) STRICT, WITHOUT ROWID;

-- One hash chain per layer and replica.
CREATE TABLE chain (
    num INTEGER PRIMARY KEY,
    layer INTEGER NOT NULL REFERENCES layer (num),
    replica INTEGER NOT NULL REFERENCES replica (num),
    held_seq INTEGER NOT NULL DEFAULT 0,
    head_hash BLOB NOT NULL CHECK (length(head_hash) = 32),
    -- Up to which seq the server is known to hold the chain, durably.
    acked_seq INTEGER NOT NULL DEFAULT 0,
    UNIQUE (layer, replica)
) STRICT;

-- id = chain.num * 2^32 + seq: the log is clustered by chain, in order.
-- The header is not stored: it follows from these columns, the chain and the change before.
CREATE TABLE change (
    id INTEGER PRIMARY KEY,
    author INTEGER NOT NULL REFERENCES member (num),
    lamport INTEGER NOT NULL,
    wall_time INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    -- NULL where it never came; then payload_hash is kept.
    payload BLOB,
    payload_hash BLOB CHECK (length(payload_hash) = 32),
    -- Set when the feed has the header alone: such a change has no effect, even if its payload is here.
    withheld INTEGER,
    signature BLOB CHECK (length(signature) = 64),
    CHECK (payload IS NOT NULL OR (payload_hash IS NOT NULL AND withheld IS NOT NULL))
) STRICT;

CREATE INDEX change_withheld ON change (withheld) WHERE withheld IS NOT NULL;

-- Own changes that the server refused and that nobody has dealt with.
CREATE TABLE refusal (
    change INTEGER PRIMARY KEY,
    noticed_at INTEGER NOT NULL,
    -- NULL while open; else what became of it: 're-applied', 'dismissed'.
    outcome TEXT
) STRICT;

-- Changes that have no place in the log any more (a second life of a replica id, a layer that was lost):
-- kept as encoded segments, exportable.
CREATE TABLE set_aside (
    num INTEGER PRIMARY KEY,
    reason TEXT NOT NULL,
    noticed_at INTEGER NOT NULL,
    segment BLOB NOT NULL
) STRICT;

-- Own actions in the order they were made, for undo.
CREATE TABLE action (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    undoes BLOB CHECK (length(undoes) = 16),
    is_undone INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE action_change (
    action BLOB NOT NULL,
    change INTEGER NOT NULL,
    PRIMARY KEY (action, change)
) STRICT, WITHOUT ROWID;

-- The merged records of all layers.
CREATE TABLE record (
    num INTEGER PRIMARY KEY,
    layer INTEGER NOT NULL REFERENCES layer (num),
    id BLOB NOT NULL CHECK (length(id) = 16),
    -- 0 until the creation has arrived.
    kind INTEGER NOT NULL,
    is_alive INTEGER NOT NULL,
    -- The record-state of schema/wire/state.cddl.
    state BLOB NOT NULL,
    -- Operations that were superseded before they arrived; NULL for none. Not part of the canonical state.
    awaited BLOB,
    UNIQUE (layer, id)
) STRICT;

CREATE INDEX record_id ON record (id);

CREATE TABLE conflict (
    record INTEGER NOT NULL REFERENCES record (num),
    -- 'contested', 'deleted-and-edited' or 'created-twice'
    type TEXT NOT NULL,
    -- The contested field; 0 for the other types.
    field INTEGER NOT NULL,
    PRIMARY KEY (record, type, field)
) STRICT, WITHOUT ROWID;

-- Typed tables: one per kind, one per set field. Only records that are alive. Names and columns follow the
-- model's table; a range is two columns, a quote three. References to records are their 16-byte ids, for what they
-- name may not be here.

CREATE TABLE workspace_record (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    title TEXT,
    description TEXT
) STRICT;

CREATE TABLE member_record (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    name TEXT,
    colour TEXT
) STRICT;

CREATE TABLE layer_record (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    title TEXT,
    colour TEXT
) STRICT;

CREATE TABLE document (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    first_version BLOB,
    title TEXT,
    publisher TEXT,
    published_on TEXT,
    language TEXT
) STRICT;
CREATE TABLE document_uris (record INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;
CREATE TABLE document_tags (record INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;

CREATE TABLE document_version (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    document BLOB,
    sha256 BLOB,
    bytes INTEGER,
    parts INTEGER
) STRICT;
CREATE INDEX document_version_document ON document_version (document);

CREATE TABLE document_part (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    version BLOB,
    number INTEGER,
    text TEXT
) STRICT;
CREATE INDEX document_part_version ON document_part (version, number);

CREATE TABLE capture (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    version BLOB,
    source TEXT,
    importer TEXT,
    raw_sha256 BLOB
) STRICT;
CREATE INDEX capture_version ON capture (version);

CREATE TABLE annotation (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    document BLOB,
    version BLOB,
    position_start INTEGER,
    position_end INTEGER,
    quote_exact TEXT,
    quote_prefix TEXT,
    quote_suffix TEXT,
    note TEXT,
    corrected_range_start INTEGER,
    corrected_range_end INTEGER,
    confidence INTEGER,
    colour TEXT
) STRICT;
CREATE INDEX annotation_document ON annotation (document);
CREATE TABLE annotation_codes (record INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;
CREATE INDEX annotation_codes_value ON annotation_codes (value);
CREATE TABLE annotation_tags (record INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;

CREATE TABLE comment (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    target BLOB,
    reply_to BLOB,
    body TEXT,
    is_resolved INTEGER
) STRICT;
CREATE INDEX comment_target ON comment (target);

CREATE TABLE code (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    name TEXT,
    parent BLOB,
    definition TEXT,
    colour TEXT,
    status TEXT,
    merged_into BLOB
) STRICT;

CREATE TABLE entity (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    name TEXT,
    type TEXT,
    parent BLOB,
    merged_into BLOB
) STRICT;
CREATE TABLE entity_aliases (record INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;
CREATE TABLE entity_external_ids (record INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;

CREATE TABLE statement (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    annotation BLOB,
    speaker BLOB,
    organisation BLOB,
    concept BLOB,
    position TEXT,
    date TEXT,
    addressee BLOB,
    directness TEXT
) STRICT;
CREATE INDEX statement_annotation ON statement (annotation);
CREATE TABLE statement_instruments (record INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (record, value)) STRICT, WITHOUT ROWID;

CREATE TABLE memo (
    record INTEGER PRIMARY KEY REFERENCES record (num),
    author INTEGER NOT NULL REFERENCES member (num),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    target BLOB,
    title TEXT,
    body TEXT
) STRICT;
CREATE INDEX memo_target ON memo (target);

-- What full-text search reads, so that the index stores no second copy of any text.
CREATE VIEW search_source (record, text) AS
    SELECT record, text FROM document_part
    UNION ALL SELECT record, coalesce(title, '') FROM document
    UNION ALL SELECT record, quote_exact || ' ' || coalesce(note, '') FROM annotation
    UNION ALL SELECT record, coalesce(body, '') FROM comment
    UNION ALL SELECT record, coalesce(name, '') || ' ' || coalesce(definition, '') FROM code
    UNION ALL SELECT record, coalesce(name, '') FROM entity
    UNION ALL SELECT record, coalesce(title, '') || ' ' || coalesce(body, '') FROM memo;

CREATE VIRTUAL TABLE search USING fts5 (
    text,
    content = 'search_source', content_rowid = 'record',
    tokenize = 'unicode61 remove_diacritics 2'
);
