-- Run policies, holds, and what it takes to prove what the ledger says.
--
-- Columns are added with a default that means what was true before. Nearly all
-- runs have no more than that, and are written without naming these columns.

-- +goose Up

ALTER TABLE runs ADD COLUMN step TEXT NOT NULL DEFAULT '';           -- the follow-up it executes; empty: the schedule's action
ALTER TABLE runs ADD COLUMN parent_id TEXT NOT NULL DEFAULT '';      -- the run whose end made it
ALTER TABLE runs ADD COLUMN pool TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN ready_at INTEGER;                        -- when it may be taken; NULL: at once
ALTER TABLE runs ADD COLUMN wait_until INTEGER;                      -- when it is given up; NULL: never
ALTER TABLE runs ADD COLUMN resume INTEGER NOT NULL DEFAULT 0;       -- the attempt that the next one looks for
-- What is kept of its policy, see store.Kept. Durations are microseconds.
ALTER TABLE runs ADD COLUMN overlap TEXT NOT NULL DEFAULT '';        -- queue or replace
ALTER TABLE runs ADD COLUMN on_lost TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN max_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN lost_wait INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN max_wait INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN follow INTEGER NOT NULL DEFAULT 0;       -- 1: until it has ended and is followed

ALTER TABLE attempts ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0;  -- the attempt that this one looks for
ALTER TABLE attempts ADD COLUMN checkpoint TEXT;                     -- a JSON object; NULL: none

ALTER TABLE firings ADD COLUMN hold_id TEXT NOT NULL DEFAULT '';     -- of the hold that kept it from running

ALTER TABLE ledger ADD COLUMN kept_since INTEGER;                    -- earlier settlements may be deleted; NULL: none is
ALTER TABLE ledger ADD COLUMN latest_due INTEGER;                    -- no settled instant is later
UPDATE ledger SET latest_due = max(
    coalesce((SELECT max(due_at) FROM firings), (SELECT max(due_at) FROM runs WHERE ended_at IS NULL)),
    coalesce((SELECT max(due_at) FROM runs WHERE ended_at IS NULL), (SELECT max(due_at) FROM firings)));

-- Firings that are caught up are claimed in the same way.
DROP INDEX runs_open;
CREATE UNIQUE INDEX runs_open ON runs (schedule_id, iif(trigger IN ('firing', 'catch_up'), due_at, NULL))
    WHERE ended_at IS NULL;

-- The runs that firings have made, in the order in which they are compared with
-- these, once they have ended.
CREATE INDEX runs_fired ON runs (schedule_id, due_at, id)
    WHERE ended_at IS NOT NULL AND trigger IN ('firing', 'catch_up');

-- Waiting runs in the order in which they are taken, those that may be taken now
-- apart from those that have their time. All that is asked for is in the index, so
-- that passing over a run costs little.
DROP INDEX runs_waiting;
CREATE INDEX runs_waiting ON runs (plugin, pool, priority DESC, due_at, id, schedule_id, step, overlap, ready_at)
    WHERE state = 'waiting' AND ready_at IS NULL;
CREATE INDEX runs_later ON runs (plugin, pool, ready_at, priority, due_at, id, schedule_id, step, overlap)
    WHERE state = 'waiting' AND ready_at IS NOT NULL;
CREATE INDEX runs_ready ON runs (ready_at) WHERE state = 'waiting' AND ready_at IS NOT NULL;
CREATE INDEX runs_expire ON runs (wait_until) WHERE state = 'waiting' AND wait_until IS NOT NULL;

CREATE INDEX runs_pooled ON runs (pool) WHERE state = 'running' AND pool <> '';
CREATE INDEX runs_unfollowed ON runs (ended_at, id) WHERE follow = 1 AND ended_at IS NOT NULL;
CREATE INDEX runs_parent ON runs (parent_id, created_at, id) WHERE parent_id <> '';

-- In the order in which rows come, so that they are added at its end.
CREATE INDEX firings_settled ON firings (settled_at);
CREATE INDEX firings_held ON firings (hold_id, due_at) WHERE hold_id <> '';

-- The holds, each in force in the interval (since, ends_at].
CREATE TABLE holds (
    id          TEXT    NOT NULL PRIMARY KEY,
    is_all      INTEGER NOT NULL,     -- 1: it is of all schedules
    tag         TEXT    NOT NULL,     -- of schedules with this tag; empty otherwise
    schedule_id TEXT    NOT NULL,     -- of this schedule; empty otherwise
    reason      TEXT    NOT NULL,
    by          TEXT    NOT NULL,
    since       INTEGER NOT NULL,
    until       INTEGER,              -- when it ends by itself; NULL: it does not
    drain       INTEGER NOT NULL,     -- 1: runs that wait are not started either
    released_at INTEGER,
    released_by TEXT    NOT NULL,
    ends_at     INTEGER NOT NULL      -- the earlier of until and released_at; the greatest number: neither
) STRICT, WITHOUT ROWID;

CREATE INDEX holds_end ON holds (ends_at);

-- The seals of days, each over the firings settled in the 24 hours from day.
CREATE TABLE seals (
    day       INTEGER NOT NULL PRIMARY KEY,
    count     INTEGER NOT NULL,
    hash      TEXT    NOT NULL,
    previous  TEXT    NOT NULL,       -- the hash of the seal before
    sealed_at INTEGER NOT NULL
) STRICT;
