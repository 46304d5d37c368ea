package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// BenchmarkPolicies claims with all policies and without, a thousand firings at a
// time and one, in turn: both see the same of what else the machine does. It
// reports how much longer the former takes, of which 1.5 times are allowed.
func BenchmarkPolicies(b *testing.B) {
	server := pgtest.Start(b)
	for _, n := range []int{1000, 1} {
		b.Run(fmt.Sprintf("claim of %d", n), func(b *testing.B) {
			plain, full := newClaimer(b, server, n), newClaimer(b, server, n)
			full.holds()
			for round := 0; b.Loop(); round++ {
				plain.claim(round, func(*store.Due) {})
				full.claim(round, allPolicies)
			}
			b.ReportMetric(float64(full.took)/float64(plain.took), "ratio")
			b.ReportMetric(float64(plain.took.Microseconds())/1000/float64(b.N), "ms/plain")
			b.ReportMetric(float64(full.took.Microseconds())/1000/float64(b.N), "ms/full")
		})
	}
}

// allPolicies sets each, and has one firing in three wait for a pool.
func allPolicies(d *store.Due) {
	d.Tags = []string{"nightly", "finance"}
	d.Trigger = run.ByCatchUp
	d.Policy = store.Policy{Overlap: schedule.OverlapReplace, Priority: 7, MaxWait: time.Hour,
		OnLost: store.OnLostRetry, Attempts: 3, LostWait: time.Minute, Follow: true}
	if d.DueAt.Minute()%3 == 0 {
		d.Pool = "pool"
	}
}

type claimer struct {
	*testing.B
	db   *postgres.DB
	n    int
	took time.Duration
}

func newClaimer(b *testing.B, server *pgtest.Server, n int) *claimer {
	c := &claimer{B: b, n: n, db: opened(b, postgres.Options{URL: server.NewDatabase(b), Lease: time.Hour})}
	_, err := c.db.Join(context.Background(), store.Host{ID: "h"})
	c.check(err)
	var changes []store.Change
	for i := range n {
		changes = append(changes, store.Change{Kind: store.Create, Schedule: everyMinute(fmt.Sprint("s", i)), At: lostAt})
	}
	_, err = c.db.Change(context.Background(), changes)
	c.check(err)
	return c
}

func (c *claimer) check(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// holds puts some in force that are of none of the schedules.
func (c *claimer) holds() {
	for i := range 20 {
		_, err := c.db.Hold(context.Background(), store.Hold{ID: fmt.Sprint("hold", i), Tag: fmt.Sprint("tag", i), Reason: "r", Since: lostAt})
		c.check(err)
	}
}

// claim claims an instant of all schedules, and ends what runs.
func (c *claimer) claim(round int, set func(*store.Due)) {
	ctx, at := context.Background(), lostAt.Add(time.Duration(round+1)*time.Minute)
	claim := store.Claim{HostID: "h", At: at, Until: at}
	for i := range c.n {
		d := store.Due{ScheduleID: fmt.Sprint("s", i), Name: "name", DueAt: at, Cron: "* * * * *", Timezone: "UTC", Action: "a",
			Plugin: "p", RunID: fmt.Sprintf("0199a3e4-7c11-7%03x-%04x-%012x", round%4096, round/4096, i), Start: true,
			Policy: store.Policy{Overlap: schedule.OverlapSkip}}
		set(&d)
		claim.Due = append(claim.Due, d)
	}
	began := time.Now()
	_, err := c.db.Claim(ctx, claim)
	c.took += time.Since(began)
	c.check(err)
	for more := true; more; {
		taken, err := c.db.Take(ctx, store.Take{HostID: "h", At: at, Plugin: "p", Limit: store.MaxPage})
		c.check(err)
		more = len(taken) > 0
	}
	open, err := c.db.Executing(ctx, "h")
	c.check(err)
	done := make(chan error, len(open))
	for _, r := range open {
		go func() {
			_, err := c.db.End(ctx, store.AttemptEnd{RunID: r.ID, Number: r.Attempts, HostID: "h", At: at, State: run.Succeeded})
			done <- err
		}()
	}
	for range open {
		c.check(<-done)
	}
}
