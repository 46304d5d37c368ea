package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

func benchList(b *testing.B, rows *budgetTable) {
	const n = 1_000_000
	db, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "big.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	fillHistory(b, db, n)
	worst := time.Duration(0)
	for _, q := range []store.RunQuery{
		{}, {ScheduleID: "s7"}, {States: []run.State{run.Failed}}, {ScheduleID: "s7", States: []run.State{run.Failed, run.Lost}},
		{ScheduleID: "nobody"}, {States: []run.State{run.TimedOut}}, {From: time.Unix(1000, 0), To: time.Unix(2000, 0)},
		{ScheduleID: "s7", From: time.Unix(1000, 0)},
	} {
		q.Limit = 50
		var times []time.Duration
		for range 11 {
			begun := time.Now()
			if _, err := db.Runs(b.Context(), q); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(begun))
		}
		worst = max(worst, median(times))
	}
	rows.add("newest 50 of 1,000,000 runs, worst of eight filters", worst.Seconds()*1000, 20, "ms")
}

// fillHistory makes runs of 100 schedules, one in fifty of them failed.
func fillHistory(b *testing.B, db *sqlite.DB, n int) {
	b.Helper()
	begin := time.Unix(0, 0)
	for i := range 100 {
		d := schedule.Definition{ID: fmt.Sprintf("s%d", i), Cron: "* * * * * *", Timezone: "UTC", Overlap: schedule.OverlapAllow}
		c := store.Change{Kind: store.Create, Schedule: store.Schedule{Definition: d, Started: true, Source: store.SourceAPI}, At: begin.Add(-time.Second)}
		if _, err := db.Change(b.Context(), []store.Change{c}); err != nil {
			b.Fatal(err)
		}
	}
	const chunk = 1000
	for first := 0; first < n; first += chunk {
		at := begin.Add(time.Duration(first/100) * time.Second)
		claim := store.Claim{HostID: "h", At: at, Until: at}
		for i := first; i < first+chunk; i++ {
			claim.Due = append(claim.Due, store.Due{
				ScheduleID: fmt.Sprintf("s%d", i%100), DueAt: begin.Add(time.Duration(i/100) * time.Second),
				Cron: "* * * * * *", Timezone: "UTC",
				Policy: store.Policy{Overlap: schedule.OverlapAllow}, RunID: uuid.Must(uuid.NewV7()).String(), Start: true,
			})
		}
		if _, err := db.Claim(b.Context(), claim); err != nil {
			b.Fatal(err)
		}
		endAll(b, db, claim)
	}
}

// endAll ends the runs of a claim, concurrently, so that they share transactions.
func endAll(b *testing.B, db *sqlite.DB, claim store.Claim) {
	b.Helper()
	var all sync.WaitGroup
	for i, due := range claim.Due {
		state, reason := run.Succeeded, run.None
		if i%50 == 0 {
			state, reason = run.Failed, run.ReasonAction
		}
		all.Go(func() {
			end := store.AttemptEnd{RunID: due.RunID, Number: 1, HostID: "h", At: claim.At, State: state, Reason: reason}
			if ok, err := db.End(b.Context(), end); err != nil || !ok {
				b.Errorf("ending %s: %v, %v", due.RunID, ok, err)
			}
		})
	}
	all.Wait()
}
