package sqlite

import (
	"time"

	"butlerd/host/run"
)

// settleOpen settles what was left open. One host has the file, so that whatever
// is open was left by the one that is gone, be it known or not: a ledger may have
// been written before hosts were kept, or come from another store. The runs are
// returned oldest first.
func (t *tx) settleOpen(at time.Time) ([]run.Run, error) {
	open, err := t.runs("state IN ('waiting', 'running') ORDER BY created_at, id")
	if err != nil || len(open) == 0 {
		return nil, err
	}
	if err := t.exec(`UPDATE attempts SET state = 'lost', reason = ?, ended_at = ?
		WHERE state = 'running' AND run_id IN (SELECT id FROM runs WHERE state = 'running')`,
		string(run.ReasonHostDied), micros(at)); err != nil {
		return nil, err
	}
	end := "UPDATE runs SET state = ?, reason = ?, ended_at = ? WHERE state = ?"
	for from, to := range settledAs() {
		if err := t.exec(end, string(to.state), string(to.reason), micros(at), string(from)); err != nil {
			return nil, err
		}
	}
	ids := make([]any, len(open))
	for i := range open {
		ids[i] = open[i].ID
		to := settledAs()[open[i].State]
		t.tally.move(open[i].State, to.state)
		open[i].State, open[i].Reason, open[i].EndedAt = to.state, to.reason, stored(at)
	}
	return open, t.keep(ids)
}

type end struct {
	state  run.State
	reason run.Reason
}

// settledAs says how runs end whose host is gone.
func settledAs() map[run.State]end {
	return map[run.State]end{
		run.Waiting: {run.Cancelled, run.ReasonNeverStarted},
		run.Running: {run.Lost, run.ReasonHostDied},
	}
}
