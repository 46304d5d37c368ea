-- compatible_from: 2
--
-- Policies of runs, holds, seals, and what retention and proofs need.
--
-- A host of version 1 must not work beside this: it would start retries before
-- their time, runs of a pool beyond its slots, and firings that are held. One that
-- is running as this is carried out knows nothing of it. The new columns that must
-- have a value have no default once they are there, so that all it would insert is
-- refused.
--
-- No row is rewritten. Building the two indices over all of the history takes some
-- seconds for each million runs, in which nothing else is written.

ALTER TABLE runs
    ADD COLUMN step         text        COLLATE "C" NOT NULL DEFAULT '', -- the follow-up that it executes; empty: none
    ADD COLUMN parent_id    text        COLLATE "C" NOT NULL DEFAULT '', -- whose end made it; empty: no run's
    ADD COLUMN pool         text        COLLATE "C" NOT NULL DEFAULT '', -- whose slots it needs; empty: none
    ADD COLUMN priority     bigint      NOT NULL DEFAULT 0,
    ADD COLUMN ready_at     timestamptz,                                 -- while it waits; NULL: it may be taken at once
    ADD COLUMN wait_until   timestamptz,                                 -- when it is given up; NULL: never
    ADD COLUMN resume       bigint      NOT NULL DEFAULT 0,              -- the attempt that the next one looks for; 0: none
    ADD COLUMN overlap      text        COLLATE "C" NOT NULL DEFAULT '', -- queue or replace; empty otherwise
    ADD COLUMN on_lost      text        COLLATE "C" NOT NULL DEFAULT '', -- what becomes of it when its host dies
    ADD COLUMN max_attempts bigint      NOT NULL DEFAULT 0,              -- for on_lost
    ADD COLUMN lost_wait    bigint      NOT NULL DEFAULT 0,              -- for on_lost, in microseconds
    ADD COLUMN max_wait     bigint      NOT NULL DEFAULT 0,              -- how long it may wait each time; 0: for ever
    ADD COLUMN follow       boolean     NOT NULL DEFAULT false;          -- something is to be done after its end, and is not done

ALTER TABLE runs
    ALTER COLUMN step DROP DEFAULT, ALTER COLUMN parent_id DROP DEFAULT, ALTER COLUMN pool DROP DEFAULT,
    ALTER COLUMN priority DROP DEFAULT, ALTER COLUMN resume DROP DEFAULT, ALTER COLUMN overlap DROP DEFAULT,
    ALTER COLUMN on_lost DROP DEFAULT, ALTER COLUMN max_attempts DROP DEFAULT, ALTER COLUMN lost_wait DROP DEFAULT,
    ALTER COLUMN max_wait DROP DEFAULT, ALTER COLUMN follow DROP DEFAULT;

ALTER TABLE attempts
    ADD COLUMN resumes    bigint NOT NULL DEFAULT 0, -- the attempt that it looked for; 0: it did the work itself
    ADD COLUMN checkpoint text;                      -- JSON; NULL: the plugin noted nothing

ALTER TABLE attempts ALTER COLUMN resumes DROP DEFAULT;

ALTER TABLE firings
    ADD COLUMN hold_id text COLLATE "C" NOT NULL DEFAULT ''; -- that kept it from running; empty: none

ALTER TABLE firings ALTER COLUMN hold_id DROP DEFAULT;

ALTER TABLE ledger
    ADD COLUMN kept_since timestamptz; -- since when all settlements are kept; NULL: nothing was deleted

-- The runs of a schedule that are open, those that run apart from those that wait.
DROP INDEX runs_open;
CREATE INDEX runs_open ON runs (schedule_id, state, due_at) WHERE ended_at IS NULL;

-- What waits is in the order in which it is taken, each pool apart: one that is full
-- keeps thousands waiting that are not to be read. What takes a lock to be taken has
-- an index that says whether there is any: without it, no lock is needed.
DROP INDEX runs_waiting;
CREATE INDEX runs_waiting ON runs (plugin, pool, priority DESC, due_at, id) WHERE state = 'waiting';
CREATE INDEX runs_bound ON runs (plugin)
    WHERE state = 'waiting' AND (pool <> '' OR overlap IN ('queue', 'replace'));
CREATE INDEX runs_pool ON runs (pool) WHERE state = 'running' AND pool <> '';

-- The last guard of overlap queue and replace. What hosts decide at a time is put in
-- order by locks.
CREATE UNIQUE INDEX runs_exclusive ON runs (schedule_id)
    WHERE state = 'running' AND step = '' AND overlap IN ('queue', 'replace');

-- What time will bring.
CREATE INDEX runs_ready ON runs (ready_at) WHERE state = 'waiting' AND ready_at IS NOT NULL;
CREATE INDEX runs_expire ON runs (wait_until) WHERE state = 'waiting' AND wait_until IS NOT NULL;

CREATE INDEX runs_unfollowed ON runs (ended_at, id) WHERE follow AND ended_at IS NOT NULL;
CREATE INDEX runs_children ON runs (parent_id, created_at, id) WHERE parent_id <> '';

-- Proofs compare what firings say with the runs that were made, in the same order.
CREATE INDEX runs_firing ON runs (schedule_id, due_at, id) WHERE trigger IN ('firing', 'catch_up');

-- The settlements of a day in the order in which they are sealed, page by page, and
-- the oldest days first.
CREATE INDEX firings_day ON firings (((settled_at AT TIME ZONE 'UTC')::date), schedule_id, due_at);

CREATE INDEX firings_hold ON firings (hold_id, due_at) WHERE hold_id <> '';

CREATE TABLE holds (
    id          text        COLLATE "C" NOT NULL PRIMARY KEY,
    every       boolean     NOT NULL,                        -- it is of all schedules
    tag         text        COLLATE "C" NOT NULL,            -- or of those with the tag,
    schedule_id text        COLLATE "C" NOT NULL,            -- or of one
    reason      text        NOT NULL,
    by          text        NOT NULL,
    since       timestamptz NOT NULL,  -- it is in force in (since, ends_at]
    until       timestamptz,           -- when it ends by itself
    drain       boolean     NOT NULL,
    released_at timestamptz,
    released_by text        NOT NULL,
    -- The earlier of the two ends; an index over it finds what is in force.
    ends_at     timestamptz NOT NULL GENERATED ALWAYS AS (least(until, released_at, 'infinity'::timestamptz)) STORED
);

CREATE INDEX holds_ends ON holds (ends_at);

CREATE TABLE seals (
    day       timestamptz NOT NULL PRIMARY KEY, -- its midnight, UTC
    count     bigint      NOT NULL,
    hash      text        NOT NULL,
    previous  text        NOT NULL,
    sealed_at timestamptz NOT NULL
);
