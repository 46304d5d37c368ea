package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"butlerd/host/run"
	"butlerd/host/store"
)

const defaultPage = 50

// pageSize checks a limit; zero is the default.
func pageSize(limit, byDefault int) (int, error) {
	if limit == 0 {
		return byDefault, nil
	}
	if limit < 0 || limit > store.MaxPage {
		return 0, fmt.Errorf("limit %d: it must be 1 to %d", limit, store.MaxPage)
	}
	return limit, nil
}

// Runs lists runs, newest first.
func (d *DB) Runs(ctx context.Context, q store.RunQuery) (page store.RunPage, err error) {
	limit, err := pageSize(q.Limit, defaultPage)
	if err != nil || len(wanted(q.States)) == 0 {
		return page, err
	}
	query, args := listQuery(q, limit+1) // one more, to know whether there are more
	err = d.read(ctx, "listing runs", func(ctx context.Context, db queryer) (err error) {
		page.Runs, err = collect(ctx, db, scanRun, query, args...)
		return err
	})
	if len(page.Runs) > limit {
		page.Runs = page.Runs[:limit]
		last := page.Runs[limit-1]
		page.Next = store.RunCursor{CreatedAt: last.CreatedAt, ID: last.ID}
	}
	return page, err
}

// listQuery lists each state apart and merges the lists. Each is the beginning
// of a range of an index, so that a page costs the same however long the history
// is and whatever is asked for; one list over several states would have to be
// sorted whole.
func listQuery(q store.RunQuery, limit int) (string, []any) {
	var arms []string
	var args []any
	before, id := place(q)
	for _, state := range wanted(q.States) {
		index, where := "runs_state", ""
		if q.ScheduleID != "" {
			index, where = ofSchedule(state)
			args = append(args, q.ScheduleID)
		}
		arms = append(arms, "SELECT * FROM (SELECT id, created_at FROM runs INDEXED BY "+index+" WHERE "+where+
			"state = ? AND created_at >= ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?)")
		args = append(args, string(state), lower(q.From), before, id, limit)
	}
	return "SELECT " + runColumns + " FROM (" + strings.Join(arms, " UNION ALL ") + `
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

// wanted returns each state once, as an arm for a state twice would list its
// runs twice.
func wanted(states []run.State) []run.State {
	if len(states) == 0 {
		return run.States()
	}
	var once []run.State
	for _, s := range run.States() {
		if slices.Contains(states, s) {
			once = append(once, s)
		}
	}
	return once
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
