package postgres

import (
	"context"
	"strings"
	"time"

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
	err = d.read(ctx, "listing runs", func(t *tx) error {
		scanRuns(t, &found, query, args...)
		return nil
	})
	return store.NewRunPage(found, limit), err
}

// listQuery lists each state apart and merges the lists. Each is the beginning
// of a range of an index, so that a page costs the same however long the history
// is and whatever is asked for; one list over several states would have to be
// sorted whole.
func listQuery(q store.RunQuery, limit int) (string, []any) {
	before, id := place(q)
	args := []any{q.From, before, id, limit}
	ofSchedule := ""
	if q.ScheduleID != "" {
		args = append(args, q.ScheduleID)
		ofSchedule = " AND schedule_id = $5"
	}
	var arms []string
	for _, state := range q.Wanted() {
		// The partial indices are used only when the query says what they hold.
		open := map[bool]string{true: " AND ended_at IS NULL", false: " AND ended_at IS NOT NULL"}[state.Open()]
		if q.ScheduleID == "" {
			open = ""
		}
		arms = append(arms, "(SELECT "+listColumns+" FROM runs WHERE state = '"+string(state)+"'"+ofSchedule+open+
			" AND created_at >= $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4)")
	}
	return "SELECT * FROM (" + strings.Join(arms, " UNION ALL ") + ") AS r ORDER BY created_at DESC, id DESC LIMIT $4", args
}

// place is where the list begins: behind the cursor, or before To when that is
// earlier. No id comes before the empty one.
func place(q store.RunQuery) (before time.Time, id string) {
	before = upper(q.To)
	if q.After != (store.RunCursor{}) && q.After.CreatedAt.Before(before) {
		return q.After.CreatedAt, q.After.ID
	}
	return before, ""
}
