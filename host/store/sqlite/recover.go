package sqlite

import (
	"context"
	"time"

	"butlerd/host/run"
)

// Recover settles what a host that is no longer there left open. One host has
// the file, so that whatever is open was left by one that is gone. The runs are
// returned oldest first.
func (d *DB) Recover(ctx context.Context, at time.Time) ([]run.Run, error) {
	return submit(ctx, d.writer, "recovering", each((*tx).recover), at)
}

func (t *tx) recover(at time.Time) ([]run.Run, error) {
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
	for from, to := range recovered() {
		if err := t.exec(end, string(to.state), string(to.reason), micros(at), string(from)); err != nil {
			return nil, err
		}
	}
	ids := make([]any, len(open))
	for i := range open {
		ids[i] = open[i].ID
		to := recovered()[open[i].State]
		t.tally.move(open[i].State, to.state)
		open[i].State, open[i].Reason, open[i].EndedAt = to.state, to.reason, fromMicros(micros(at))
	}
	return open, t.keep(ids)
}

type end struct {
	state  run.State
	reason run.Reason
}

// recovered says how runs end whose host is gone.
func recovered() map[run.State]end {
	return map[run.State]end{
		run.Waiting: {run.Cancelled, run.ReasonNeverStarted},
		run.Running: {run.Lost, run.ReasonHostDied},
	}
}
