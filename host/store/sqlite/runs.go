package sqlite

import (
	"context"
	"strings"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Runs lists runs, newest first.
func (d *DB) Runs(ctx context.Context, q store.RunQuery) (store.RunPage, error) {
	limit, err := store.PageSize(q.Limit, store.DefaultPage)
	if err != nil || len(q.Wanted()) == 0 {
		return store.RunPage{}, err
	}
	var found []run.Run
	query, args := listQuery(q, limit+1) // one more, to know whether there are more
	err = d.read(ctx, "listing runs", func(ctx context.Context, db queryer) (err error) {
		found, err = collect(ctx, db, scanRun, query, args...)
		return err
	})
	return store.NewRunPage(found, limit), err
}

// listQuery lists each state apart and merges the lists. Each is the beginning
// of a range of an index, so that a page costs the same however long the history
// is and whatever is asked for; one list over several states would have to be
// sorted whole.
func listQuery(q store.RunQuery, limit int) (string, []any) {
	var arms []string
	var args []any
	before, id := place(q)
	for _, state := range q.Wanted() {
		index, where := "runs_state", ""
		if q.ScheduleID != "" {
			index, where = ofSchedule(state)
			args = append(args, q.ScheduleID)
		}
		arms = append(arms, "SELECT * FROM (SELECT id, created_at FROM runs INDEXED BY "+index+" WHERE "+where+
			"state = ? AND created_at >= ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?)")
		args = append(args, string(state), lower(q.From), before, id, limit)
	}
	return "SELECT " + listColumns + " FROM (" + strings.Join(arms, " UNION ALL ") + `
		ORDER BY created_at DESC, id DESC LIMIT ?) CROSS JOIN runs USING (id, created_at)
		ORDER BY created_at DESC, id DESC`, append(args, limit)
}

// ofSchedule is the index with the runs of a schedule in a state. Those that are
// open are few, and are sorted.
func ofSchedule(state run.State) (index, where string) {
	if state.Open() {
		return "runs_open", "schedule_id = ? AND ended_at IS NULL AND "
	}
	return "runs_ended", "schedule_id = ? AND ended_at IS NOT NULL AND "
}

// place is where the list begins: behind the cursor, or before To when that is
// earlier. No id comes before the empty one.
func place(q store.RunQuery) (before int64, id string) {
	before = upper(q.To)
	if at := micros(q.After.CreatedAt); q.After != (store.RunCursor{}) && at < before {
		return at, q.After.ID
	}
	return before, ""
}
