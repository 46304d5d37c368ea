-- The ledger and the schedules, first version.
--
-- Times are microseconds since 1970 in UTC. NULL in a time means that it has
-- not come: the run has not ended. Outcomes, reasons, states and triggers are
-- the words of package run.
--
-- There are no foreign keys: rows are only ever added by statements that have
-- just read or written what they refer to, and nothing is deleted from the
-- ledger, so that a check for each of ten thousand rows would find nothing.

-- +goose Up

-- The schedules in force, one row each.
CREATE TABLE schedules (
    seq        INTEGER PRIMARY KEY,  -- the order in which they were created
    id         TEXT    NOT NULL UNIQUE,
    version    INTEGER NOT NULL,     -- counts from 1 for each id, over deletions too
    source     TEXT    NOT NULL,     -- file or api
    origin     TEXT    NOT NULL,     -- where a file declares it; empty otherwise
    started    INTEGER NOT NULL,     -- 1: it fires
    created_at INTEGER NOT NULL,
    since      INTEGER NOT NULL,     -- when this version came into force
    by         TEXT    NOT NULL,     -- who made this version
    cron       TEXT    NOT NULL,     -- as in the definition; claims compare it, and
    timezone   TEXT    NOT NULL,     -- SQLite reads JSON less deep than Go does
    definition TEXT    NOT NULL      -- JSON: what the schedule declares
) STRICT;

-- The versions that are not in force any more. A version was in force in the
-- interval (since, until].
CREATE TABLE versions (
    schedule_id TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    origin      TEXT    NOT NULL,
    started     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    by          TEXT    NOT NULL,
    cron        TEXT    NOT NULL,
    timezone    TEXT    NOT NULL,
    definition  TEXT    NOT NULL,
    PRIMARY KEY (schedule_id, version)
) STRICT;

CREATE INDEX versions_until ON versions (until);

-- The settled firings, but for those whose run is open: these are kept as their
-- run, with the index runs_open as their key, and come here when it has ended.
-- The rows of ten thousand schedules lie in as many pages once there is a
-- history, and writing those is what a burst of claims has no time for.
CREATE TABLE firings (
    schedule_id TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    outcome     TEXT    NOT NULL,
    reason      TEXT    NOT NULL,    -- why it did not run; empty when it ran
    run_id      TEXT    NOT NULL,    -- empty when it did not run
    version     INTEGER NOT NULL,    -- of the schedule; 0: none was in force
    settled_at  INTEGER NOT NULL,
    PRIMARY KEY (schedule_id, due_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id              TEXT    NOT NULL PRIMARY KEY,
    schedule_id     TEXT    NOT NULL,
    schedule_name   TEXT    NOT NULL, -- as it was when the run was made
    version         INTEGER NOT NULL, -- of the schedule
    trigger         TEXT    NOT NULL,
    by              TEXT    NOT NULL, -- who asked; empty for a firing
    idempotency_key TEXT    NOT NULL, -- empty: none
    due_at          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    started_at      INTEGER,          -- of the first attempt
    ended_at        INTEGER,
    state           TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    action          TEXT    NOT NULL,
    plugin          TEXT    NOT NULL,
    summary         TEXT    NOT NULL,
    error           TEXT    NOT NULL,
    attempts        INTEGER NOT NULL  -- how many were started
) STRICT, WITHOUT ROWID;

-- A schedule's open runs. The one of a firing is the claim: whoever inserts it
-- has won. Other runs have NULL for their instant, which is equal to nothing.
CREATE UNIQUE INDEX runs_open ON runs (schedule_id, iif(trigger = 'firing', due_at, NULL))
    WHERE ended_at IS NULL;

-- Lists are newest first, of each state apart, see runs.go.
CREATE INDEX runs_ended ON runs (schedule_id, state, created_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_state ON runs (state, created_at, id);

CREATE UNIQUE INDEX runs_key ON runs (schedule_id, idempotency_key) WHERE idempotency_key <> '';

CREATE TABLE attempts (
    run_id     TEXT    NOT NULL,
    number     INTEGER NOT NULL,      -- counts from 1
    host_id    TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    summary    TEXT    NOT NULL,
    error      TEXT    NOT NULL,
    result     TEXT,                  -- JSON; NULL: none
    log_lines  INTEGER NOT NULL,      -- what the plugin sent
    log_bytes  INTEGER NOT NULL,
    dropped    INTEGER NOT NULL,      -- lines that were not kept
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_log (
    run_id     TEXT    NOT NULL,
    attempt    INTEGER NOT NULL,
    seq        INTEGER NOT NULL,      -- counts from 1 within an attempt, with gaps
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    level      TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    attributes TEXT,                  -- a JSON object; NULL: none
    PRIMARY KEY (run_id, attempt, seq)
) STRICT, WITHOUT ROWID;

-- How many rows there are, so that nobody has to count a million of them. Kept
-- in the transactions that change them.
CREATE TABLE counts (
    of   TEXT    NOT NULL,            -- firings or runs
    word TEXT    NOT NULL,            -- the outcome, or the state
    n    INTEGER NOT NULL,
    PRIMARY KEY (of, word)
) STRICT, WITHOUT ROWID;

-- One row with what is true of the whole ledger.
CREATE TABLE ledger (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    settled_until INTEGER,            -- every earlier instant is settled; NULL: none is
    pings         INTEGER NOT NULL    -- changed only to see that it can be
) STRICT;

INSERT INTO ledger (id, settled_until, pings) VALUES (1, NULL, 0);
