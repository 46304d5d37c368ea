package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func openInternal(t *testing.T) *DB {
	t.Helper()
	d, err := Open(context.Background(), Options{Path: memory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	joinHost(t, d)
	return d
}

// joinHost gives the host a lease.
func joinHost(t *testing.T, d *DB) {
	t.Helper()
	if _, err := d.Join(t.Context(), store.Host{ID: "host"}); err != nil {
		t.Fatal(err)
	}
}

// startRuns makes a schedule and runs of it that run.
func startRuns(t *testing.T, d *DB, ids ...string) {
	t.Helper()
	if _, err := d.Change(t.Context(), creation("started")); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		asked := store.Trigger{HostID: "host", Start: true, Run: run.Run{ID: id, ScheduleID: "started"}}
		if _, _, err := d.Trigger(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
	}
}

// hold keeps the writer busy until release is called.
func hold(d *DB) (release func()) {
	gate, taken := make(chan struct{}), make(chan struct{})
	wait := func(*tx, struct{}) (struct{}, error) {
		close(taken)
		<-gate
		return struct{}{}, nil
	}
	go submit(context.Background(), d.writer, "holding", each(wait), struct{}{})
	<-taken
	return func() { close(gate) }
}

func creation(id string) []store.Change {
	return []store.Change{{At: time.Unix(0, 0), Schedule: store.Schedule{Definition: schedule.Definition{ID: id}}}}
}

func TestWriterPutsWhatWaitsIntoOneTransaction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openInternal(t)
		release := hold(d)
		transactions := map[*tx]int{}
		note := func(in *tx, _ struct{}) (struct{}, error) {
			transactions[in]++
			return struct{}{}, nil
		}
		for i := range 100 {
			go submit(t.Context(), d.writer, fmt.Sprint("noting ", i%3), each(note), struct{}{})
		}
		synctest.Wait()
		release()
		synctest.Wait()
		if len(transactions) != 1 {
			t.Errorf("100 writes took the transactions %v, want one", transactions)
		}
	})
}

func TestWriterTellsContextsApart(t *testing.T) {
	t.Parallel()
	t.Run("a write that waits is withdrawn", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := openInternal(t)
			release := hold(d)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var beside error
			go func() { _, beside = d.Change(t.Context(), creation("beside")) }()
			synctest.Wait()
			_, err := d.Change(ctx, creation("s"))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got the error %v, want that of the context", err)
			}
			release()
			synctest.Wait()
			if all, err := d.Schedules(t.Context()); err != nil || beside != nil || len(all) != 1 || all[0].ID != "beside" {
				t.Errorf("there are the schedules %v, %v, %v, want the one beside", all, err, beside)
			}
		})
	})
	t.Run("a write that is under way is waited for", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := openInternal(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			slow := func(t *tx, _ struct{}) (string, error) {
				time.Sleep(time.Minute)
				return "done", t.exec("UPDATE ledger SET pings = pings + 1")
			}
			got, err := submit(ctx, d.writer, "taking a minute", each(slow), struct{}{})
			if got != "done" || err != nil {
				t.Errorf("got %q, %v, want that it was done", got, err)
			}
		})
	})
}

func TestWriterFailsOnlyThoseAtFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openInternal(t)
		if _, err := d.Change(t.Context(), creation("s")); err != nil {
			t.Fatal(err)
		}
		release := hold(d)
		errs := make([]error, 9)
		for i := range errs {
			id := fmt.Sprint("run ", i%8) // the last has the id of the first
			go func() {
				_, _, errs[i] = d.Trigger(t.Context(), store.Trigger{HostID: "host", Run: run.Run{ID: id, ScheduleID: "s"}})
			}()
			synctest.Wait() // they wait in this order
		}
		release()
		synctest.Wait()
		for i, err := range errs {
			if (err != nil) != (i == 8) {
				t.Errorf("trigger %d: %v", i, err)
			}
		}
		got, err := d.Counts(t.Context())
		if diff := cmp.Diff(map[run.State]int64{run.Waiting: 8}, got.Runs); diff != "" || err != nil {
			t.Errorf("the counts, %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestWriterFailsAllWhenTheTransactionFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openInternal(t)
		release := hold(d)
		var changed, broken error
		go func() { _, changed = d.Change(t.Context(), creation("s")) }()
		synctest.Wait()
		sabotage := func(t *tx, _ struct{}) (struct{}, error) { return struct{}{}, t.exec("ROLLBACK") }
		go func() { _, broken = submit(t.Context(), d.writer, "breaking", each(sabotage), struct{}{}) }()
		synctest.Wait()
		release()
		synctest.Wait()
		if changed == nil || broken == nil {
			t.Errorf("got the errors %v and %v, want that both failed", changed, broken)
		}
		if all, err := d.Schedules(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("there are %d schedules, %v, want none", len(all), err)
		}
		if _, err := d.Change(t.Context(), creation("s")); err != nil {
			t.Errorf("the writer does not go on: %v", err)
		}
	})
}

func TestSpell(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in    statement
		width int
		want  string
	}{
		"one row":   {statement{"INSERT VALUES () x", 1}, 2, "INSERT VALUES (?,?) x"},
		"more rows": {statement{"INSERT VALUES ()", 3}, 1, "INSERT VALUES (?),(?),(?)"},
		"no rows":   {statement{"SELECT ?", 1}, 1, "SELECT ?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := spell(tt.in, tt.width); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBulkCarriesAnyNumberOfRows(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	sizes := []int{0, 1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 341, 600}
	var ids []string
	for _, n := range sizes {
		ids = append(ids, fmt.Sprint(n))
	}
	startRuns(t, d, ids...)
	for _, n := range sizes {
		var entries []run.LogEntry
		for seq := range n {
			entries = append(entries, run.LogEntry{RunID: fmt.Sprint(n), Attempt: 1, Seq: int64(seq + 1)})
		}
		if err := d.Log(t.Context(), "host", entries); err != nil {
			t.Fatal(err)
		}
		if got, err := d.RunLog(t.Context(), store.LogQuery{RunID: fmt.Sprint(n)}); err != nil || len(got) != n {
			t.Fatalf("of %d rows %d were written, %v", n, len(got), err)
		}
	}
	if n := len(d.writer.statements); n > 40 {
		t.Errorf("%d statements are kept prepared", n)
	}
}

func TestErrorsSayWhatWasDone(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	if _, err := d.Change(t.Context(), creation("s")); err != nil {
		t.Fatal(err)
	}
	_, err := d.Change(t.Context(), creation("s"))
	if want := `changing schedules: schedule "s": already exists`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got the error %v, want %q", err, want)
	}
}
