-- Runs of no schedule, and the key-value store.

-- +goose Up

-- What a run of no schedule executes, as JSON; NULL for a run of a schedule. It is
-- behind all else in the row, as it may be long.
ALTER TABLE runs ADD COLUMN work TEXT;

-- The namespaces of the key-value store. They stay when their last key has gone.
CREATE TABLE key_value_namespaces (
    seq  INTEGER PRIMARY KEY,      -- the order in which they were made
    name TEXT    NOT NULL UNIQUE,
    keys INTEGER NOT NULL          -- how many there are in key_values, expired ones too
) STRICT;

-- The values are behind all that is read without them.
CREATE TABLE key_values (
    seq        INTEGER PRIMARY KEY, -- the order in which they were put
    namespace  TEXT    NOT NULL,    -- its name
    bytes      INTEGER NOT NULL,    -- of key and value
    expires_at INTEGER,             -- NULL: never
    key        TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    UNIQUE (namespace, key)
) STRICT;

CREATE INDEX key_values_order ON key_values (namespace, seq);
-- What expires, of all namespaces and of one.
CREATE INDEX key_values_expire ON key_values (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX key_values_expire_of ON key_values (namespace, expires_at) WHERE expires_at IS NOT NULL;

-- One row: a Put must not count a million values.
CREATE TABLE key_value_totals (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    namespaces INTEGER NOT NULL,
    bytes      INTEGER NOT NULL     -- the sum of key_values.bytes
) STRICT;

INSERT INTO key_value_totals (id, namespaces, bytes) VALUES (1, 0, 0);
