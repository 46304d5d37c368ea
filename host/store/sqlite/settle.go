package sqlite

import (
	"database/sql"
	"time"

	"butlerd/host/run"
)

// lost is a run with the attempts that were lost.
type lost struct {
	made
	number, resumes int // of the last of them; number 0: there is none
}

// lostQuery has the last attempt that runs beside each run that does.
const lostQuery = "SELECT " + runColumns + ", " + keptColumns + `,
	coalesce((SELECT a.number FROM attempts a WHERE a.run_id = runs.id AND a.state = 'running' ORDER BY a.number DESC LIMIT 1), 0),
	coalesce((SELECT a.resumes FROM attempts a WHERE a.run_id = runs.id AND a.state = 'running' ORDER BY a.number DESC LIMIT 1), 0)
	FROM runs WHERE state = 'running' ORDER BY created_at, id`

// lose settles the attempts that were left running. One host has the file, so that
// whatever runs was left by the one that is gone, be it known or not: a ledger may
// have been written before hosts were kept, or come from another store. The runs
// are returned oldest first, as they are then.
func (t *tx) lose(at time.Time) ([]run.Run, error) {
	var open []lost
	err := t.query(func(rows *sql.Rows) (err error) {
		var l lost
		l.made, err = scanMade(rows, &l.number, &l.resumes)
		open = append(open, l)
		return err
	}, lostQuery)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	if err := t.exec(`UPDATE attempts SET state = 'lost', reason = ?, ended_at = ?
		WHERE state = 'running' AND run_id IN (SELECT id FROM runs WHERE state = 'running')`,
		string(run.ReasonHostDied), micros(at)); err != nil {
		return nil, err
	}
	runs := make([]run.Run, len(open))
	var again []waits
	var args, ids []any
	for i, l := range open {
		r := l.Lose(l.Run, l.number, l.resumes, at)
		if runs[i] = r; r.State == run.Waiting {
			again = append(again, waits{Run: r})
			continue
		}
		t.tally.move(run.Running, r.State)
		ids = append(ids, r.ID)
		args = append(args, r.ID, string(r.State), string(r.Reason), micros(r.EndedAt), r.Summary, r.Error)
	}
	if err := t.waitAgain(again); err != nil {
		return nil, err
	}
	if err := t.bulk(nil, endRunQuery, 6, args); err != nil {
		return nil, err
	}
	return runs, t.keep(ids)
}

// giveUp cancels runs that wait for their first attempt since before an instant,
// with its zero whenever they were made, but for those that are to be kept, see
// store.Hosts. They are returned oldest first.
func (t *tx) giveUp(since, at time.Time) ([]run.Run, error) {
	before := lower(since)
	if since.IsZero() {
		before = upper(since)
	}
	runs, err := t.runs("WHERE state = 'waiting' AND created_at < ? AND attempts = 0"+
		" AND step = '' AND pool = '' AND trigger NOT IN ('chain', 'catch_up') ORDER BY created_at, id", before)
	for i := range runs {
		runs[i].State, runs[i].Reason, runs[i].EndedAt = run.Cancelled, run.ReasonNeverStarted, stored(at)
	}
	if err != nil {
		return nil, err
	}
	return runs, t.closeWaiting(runs)
}
