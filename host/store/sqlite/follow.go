package sqlite

import (
	"context"

	"butlerd/host/run"
	"butlerd/host/store"
)

const unfollowedQuery = "SELECT " + runColumns + ` FROM runs INDEXED BY runs_unfollowed
	WHERE follow = 1 AND ended_at IS NOT NULL ORDER BY ended_at, id LIMIT ?`

// Unfollowed lists runs after whose end there is something to do.
func (d *DB) Unfollowed(ctx context.Context, limit int) ([]run.Run, error) {
	return d.someRuns(ctx, "listing runs to follow", limit, unfollowedQuery)
}

const childrenQuery = "SELECT " + listColumns + ` FROM runs INDEXED BY runs_parent
	WHERE parent_id = ? AND parent_id <> '' ORDER BY created_at, id LIMIT ?`

// Children lists the runs that the end of a run has made.
func (d *DB) Children(ctx context.Context, runID string) ([]run.Run, error) {
	return d.someRuns(ctx, "listing what followed a run", store.MaxPage, childrenQuery, runID)
}

// someRuns reads runs by a query whose last argument is the limit.
func (d *DB) someRuns(ctx context.Context, act string, limit int, query string, args ...any) (runs []run.Run, err error) {
	if limit, err = store.PageSize(limit, store.MaxPage); err != nil {
		return nil, err
	}
	err = d.read(ctx, act, func(ctx context.Context, q queryer) (err error) {
		runs, err = collect(ctx, q, scanRun, query, append(args, limit)...)
		return err
	})
	return runs, err
}

const followedQuery = `
WITH followed (id) AS (VALUES ())
UPDATE runs SET follow = 0 FROM followed
WHERE runs.id = followed.id AND follow = 1 AND ended_at IS NOT NULL`

// Followed says that all is done that was to be done after the end of runs, a
// thousand in a transaction.
func (d *DB) Followed(ctx context.Context, runIDs []string) error {
	for len(runIDs) > 0 {
		part := runIDs[:min(chunk, len(runIDs))]
		if _, err := submit(ctx, d.writer, "keeping what was followed", each((*tx).followed), part); err != nil {
			return err
		}
		runIDs = runIDs[len(part):]
	}
	return nil
}

func (t *tx) followed(ids []string) (struct{}, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return struct{}{}, t.bulk(nil, followedQuery, 1, args)
}
