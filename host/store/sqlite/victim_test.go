package sqlite_test

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// work writes for ever, by callers of each kind at the same time, and prints a
// line for each write that was acknowledged.
func work(path, round string, out io.Writer) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	if _, err := db.Join(ctx, store.Host{ID: "victim"}); err != nil {
		return err
	}
	w := worker{db: db, round: round, out: out}
	failed := make(chan error)
	for i := range 3 {
		go func() { failed <- w.fire(ctx, fmt.Sprintf("%s-%d", round, i)) }()
		go func() { failed <- w.change(ctx, fmt.Sprintf("%s-%d", round, i)) }()
	}
	return <-failed
}

type worker struct {
	db    *sqlite.DB
	round string
	mu    sync.Mutex
	out   io.Writer
}

func (w *worker) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.out, format+"\n", args...)
}

// change makes schedules and changes each of them once.
func (w *worker) change(ctx context.Context, name string) error {
	for n := 0; ; n++ {
		s := store.Schedule{Definition: schedule.Definition{ID: fmt.Sprintf("changed-%s-%d", name, n)}, Started: true}
		for _, kind := range []store.ChangeKind{store.Create, store.Update} {
			now, err := w.db.Change(ctx, []store.Change{{Kind: kind, Schedule: s, At: time.Unix(0, 0)}})
			if err != nil {
				return err
			}
			w.say("schedule %s %d", s.ID, now[0].Version)
		}
	}
}

// fire claims firings of one schedule, ten at a time, logs for their runs and
// ends them.
func (w *worker) fire(ctx context.Context, name string) error {
	s := store.Schedule{Definition: schedule.Definition{ID: "fired-" + name}, Started: true}
	if _, err := w.db.Change(ctx, []store.Change{{Schedule: s, At: time.Unix(0, 0)}}); err != nil {
		return err
	}
	for n := 1; ; n += 10 {
		c := store.Claim{HostID: "victim", At: time.Unix(int64(n), 0), Until: time.Unix(int64(n), 0)}
		for i := range 10 {
			c.Due = append(c.Due, store.Due{ScheduleID: s.ID, DueAt: time.Unix(int64(n+i), 0), RunID: fmt.Sprintf("%s-%d", name, n+i), Start: true})
		}
		if _, err := w.db.Claim(ctx, c); err != nil {
			return err
		}
		for _, d := range c.Due {
			w.say("claim %s %s", s.ID, d.RunID)
		}
		if err := w.finish(ctx, c.Due[0].RunID); err != nil {
			return err
		}
	}
}

func (w *worker) finish(ctx context.Context, runID string) error {
	if err := w.db.Log(ctx, "victim", []run.LogEntry{{RunID: runID, Attempt: 1, Seq: 1, Text: "a line"}}); err != nil {
		return err
	}
	w.say("log %s 1", runID)
	end := store.AttemptEnd{RunID: runID, Number: 1, HostID: "victim", At: time.Now(), State: run.Succeeded,
		Entries: []run.LogEntry{{RunID: runID, Attempt: 1, Seq: 2, Text: "the last"}}}
	if _, err := w.db.End(ctx, end); err != nil {
		return err
	}
	w.say("end %s 2", runID)
	return nil
}
