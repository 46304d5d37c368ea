package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

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
	index, where := "runs_state", ""
	if q.ScheduleID != "" {
		index, where = "runs_schedule", "schedule_id = ? AND "
	}
	var arms []string
	var args []any
	for _, state := range wanted(q.States) {
		arms = append(arms, "SELECT * FROM (SELECT id, created_at FROM runs INDEXED BY "+index+" WHERE "+where+
			"state = ? AND created_at >= ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?)")
		if q.ScheduleID != "" {
			args = append(args, q.ScheduleID)
		}
		before, id := upper(q)
		args = append(args, string(state), lower(q.From), before, id, limit)
	}
	return "SELECT " + runColumns + " FROM (" + strings.Join(arms, " UNION ALL ") + `
		ORDER BY created_at DESC, id DESC LIMIT ?) CROSS JOIN runs USING (id, created_at)
		ORDER BY created_at DESC, id DESC`, append(args, limit)
}

// wanted returns each state once, as an arm for a state twice would list its
// runs twice.
func wanted(states []run.State) []run.State {
	if len(states) == 0 {
		return run.States()
	}
	var once []run.State
	for _, s := range run.States() {
		for _, asked := range states {
			if s == asked {
				once = append(once, s)
				break
			}
		}
	}
	return once
}

// upper is the place in the list before which it begins: the cursor, or To when
// that is earlier. No id is before the empty one.
func upper(q store.RunQuery) (int64, string) {
	before := int64(math.MaxInt64)
	if !q.To.IsZero() {
		before = micros(q.To)
	}
	if q.After != (store.RunCursor{}) && micros(q.After.CreatedAt) < before {
		return micros(q.After.CreatedAt), q.After.ID
	}
	return before, ""
}

func lower(from time.Time) int64 {
	if from.IsZero() {
		return math.MinInt64
	}
	return micros(from)
}

// Firings lists settled firings of a schedule in order of their due time.
func (d *DB) Firings(ctx context.Context, q store.FiringQuery) (firings []run.Firing, err error) {
	limit, err := pageSize(q.Limit, store.MaxPage)
	if err != nil {
		return nil, err
	}
	before, _ := upper(store.RunQuery{To: q.To})
	err = d.read(ctx, "listing firings", func(ctx context.Context, db queryer) (err error) {
		firings, err = collect(ctx, db, scanFiring, `
			SELECT schedule_id, due_at, outcome, reason, run_id, version, settled_at FROM firings
			WHERE schedule_id = ? AND due_at >= ? AND due_at < ? ORDER BY due_at LIMIT ?`,
			q.ScheduleID, lower(q.From), before, limit)
		return err
	})
	return firings, err
}

func scanFiring(rows *sql.Rows) (f run.Firing, err error) {
	var due, settled int64
	err = rows.Scan(&f.ScheduleID, &due, (*string)(&f.Outcome), (*string)(&f.Reason), &f.RunID, &f.Version, &settled)
	f.DueAt, f.SettledAt = fromMicros(due), fromMicros(settled)
	return f, err
}
