package api

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// noon is when the ledgers of tests begin.
var noon = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)

// addRun makes a run that is executed from noon plus i minutes.
func (b *bundle) addRun(scheduleID string, i int) run.Run {
	b.t.Helper()
	at := noon.Add(time.Duration(i) * time.Minute)
	r, made, err := b.store.Trigger(b.ctx(), store.Trigger{HostID: "host-1", Start: true, Run: run.Run{
		ID: fmt.Sprintf("019c0000-0000-7000-8000-%012d", i), ScheduleID: scheduleID, ScheduleName: "Nightly", Trigger: run.ByAPI, By: byAPI,
		DueAt: at, CreatedAt: at, Action: reloadAction, Plugin: reloadAction,
	}})
	if err != nil || !made {
		b.t.Fatal(made, err)
	}
	return r
}

// end ends a run after two and a half seconds.
func (b *bundle) end(r run.Run, state run.State, reason run.Reason, change func(*store.AttemptEnd)) {
	b.t.Helper()
	e := store.AttemptEnd{RunID: r.ID, Number: 1, HostID: "host-1", At: r.StartedAt.Add(2500 * time.Millisecond), State: state, Reason: reason}
	if change != nil {
		change(&e)
	}
	if ok, err := b.store.End(b.ctx(), e); err != nil || !ok {
		b.t.Fatal(ok, err)
	}
}

// say writes entries to the log of a run.
func (b *bundle) say(r run.Run, from, to int) {
	b.t.Helper()
	var entries []run.LogEntry
	for i := from; i <= to; i++ {
		entries = append(entries, run.LogEntry{
			RunID: r.ID, Attempt: 1, Seq: int64(i), At: noon, Kind: run.KindLog, Level: "info",
			Text: fmt.Sprintf("line %d", i), Attributes: json.RawMessage(`{"n":1}`),
		})
	}
	if err := b.store.Log(b.ctx(), "host-1", entries); err != nil {
		b.t.Fatal(err)
	}
}

// get sends a GET request, which must be answered with 200, and decodes the
// answer.
func get[T any](t *testing.T, b *bundle, path string) T {
	t.Helper()
	a := b.send("GET", path, "")
	if a.Status != 200 {
		t.Fatalf("GET %s: %d %s", path, a.Status, a.Body)
	}
	var v T
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return v
}
