-- The hosts that write the ledger, and the order in which waiting runs are taken.

-- +goose Up

-- The hosts that joined, one row for each life. The one whose lease is not ended
-- may write; there is one at most, as a lock keeps others from the file. Those
-- that ended more than a day ago are removed when the next one joins.
CREATE TABLE hosts (
    seq       INTEGER PRIMARY KEY,  -- the order in which they joined
    id        TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,     -- for people
    joined_at INTEGER NOT NULL,
    ended_at  INTEGER,              -- NULL: it holds a lease
    report    TEXT    NOT NULL      -- JSON: what the host tells of itself
) STRICT;

-- Waiting runs in the order in which they are taken.
CREATE INDEX runs_waiting ON runs (plugin, due_at, id) WHERE state = 'waiting';
