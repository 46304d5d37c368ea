package postgres_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
	"butlerd/host/store/storetest"
)

// BenchmarkStore lists a history of 20,000 runs, or of as many as
// BUTLERD_BENCH_RUNS says.
func BenchmarkStore(b *testing.B) {
	history := 20_000
	if text := os.Getenv("BUTLERD_BENCH_RUNS"); text != "" {
		var err error
		if history, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	storetest.Bench(b, single(pgtest.Start(b, "shared_buffers=256MB")), history)
}

// BenchmarkLag measures the claim of a single firing with its attempt: what lies
// between its due time and the call of the plugin.
func BenchmarkLag(b *testing.B) {
	ctx := context.Background()
	db := opened(b, postgres.Options{URL: pgtest.Start(b).NewDatabase(b), Lease: time.Hour})
	if _, err := db.Join(ctx, store.Host{ID: "h"}); err != nil {
		b.Fatal(err)
	}
	at := time.Now().Truncate(time.Second)
	s := store.Schedule{Definition: schedule.Definition{ID: "s", Cron: "* * * * *", Timezone: "UTC"}, Started: true}
	if _, err := db.Change(ctx, []store.Change{{Kind: store.Create, Schedule: s, At: at}}); err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		due := at.Add(time.Duration(n+1) * time.Minute)
		began := time.Now()
		_, err := db.Claim(ctx, store.Claim{HostID: "h", At: due, Until: due, Due: []store.Due{{
			ScheduleID: "s", DueAt: due, Cron: "* * * * *", Timezone: "UTC", RunID: fmt.Sprint("r", n), Start: true,
		}}})
		took = append(took, time.Since(began))
		if err != nil {
			b.Fatal(err)
		}
		end := store.AttemptEnd{RunID: fmt.Sprint("r", n), Number: 1, HostID: "h", At: due, State: run.Succeeded}
		if done, err := db.End(ctx, end); err != nil || !done {
			b.Fatal(done, err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
