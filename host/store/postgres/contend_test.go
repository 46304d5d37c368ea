package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// contest is some hosts that claim, take, trigger and end runs of the same schedules
// at once.
type contest struct {
	*testing.T
	hosts []*postgres.DB
	url   string
}

const (
	contestants = 4
	contested   = 5 // schedules
)

func newContest(t *testing.T) contest {
	t.Helper()
	ctx := context.Background()
	c := contest{T: t, url: pgtest.Shared(t).NewDatabase(t)}
	for h := range contestants {
		db := opened(t, postgres.Options{URL: c.url, Lease: time.Hour, MaxConnections: 3})
		if _, err := db.Join(ctx, store.Host{ID: fmt.Sprint("h", h)}); err != nil {
			t.Fatal(err)
		}
		c.hosts = append(c.hosts, db)
	}
	var changes []store.Change
	for n := range contested {
		changes = append(changes, store.Change{Kind: store.Create, Schedule: everyMinute(fmt.Sprint("s", n)), At: lostAt})
	}
	if _, err := c.hosts[0].Change(ctx, changes); err != nil {
		t.Fatal(err)
	}
	return c
}

// race has each host do something again and again while it is watched that a query
// never finds more than so many.
func (c contest) race(act func(db *postgres.DB, host string, n int) error, query string, most int) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	var hosts sync.WaitGroup
	var acts atomic.Int64
	for h, db := range c.hosts {
		hosts.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := act(db, fmt.Sprint("h", h), n); err != nil {
					c.Error(err)
					return
				}
				acts.Add(1)
			}
		})
	}
	conn, err := pgx.Connect(context.Background(), c.url)
	if err != nil {
		c.Fatal(err)
	}
	defer conn.Close(context.Background())
	seen := 0
	for ctx.Err() == nil {
		var n int
		if err := conn.QueryRow(context.Background(), query).Scan(&n); err != nil {
			c.Fatal(err)
		}
		if seen = max(seen, n); n > most {
			c.Errorf("there are %d, and %d may be", n, most)
			break
		}
	}
	cancel()
	hosts.Wait()
	c.Logf("%d acts; there were %d at most, and %d may be", acts.Load(), seen, most)
	if seen == 0 {
		c.Error("nothing ran")
	}
}

// endAll ends what a host executes, or has it run again.
func endAll(db *postgres.DB, host string, at time.Time) error {
	ctx := context.Background()
	open, err := db.Executing(ctx, host)
	if err != nil {
		return err
	}
	for _, r := range open {
		end := store.AttemptEnd{RunID: r.ID, Number: r.Attempts, HostID: host, At: at, State: run.Failed}
		// The retry of a run that is not exclusive waits for nobody.
		if rand.IntN(3) == 0 && r.Attempts < 3 && !strings.HasSuffix(r.ID, "skip") {
			end.Again = &store.Again{ReadyAt: at}
		}
		if done, err := db.End(ctx, end); err != nil || !done {
			return fmt.Errorf("ending %s: %v, %w", r.ID, done, err)
		}
	}
	return nil
}

func TestHostsShareAPool(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	const slots = 3
	c.race(func(db *postgres.DB, host string, n int) error {
		ctx, at := context.Background(), lostAt.Add(time.Duration(n)*time.Minute)
		for i := range 3 {
			asked := store.Trigger{HostID: host, Start: true, Policy: store.Policy{Pool: "pool", Priority: i}, Run: run.Run{
				ID: fmt.Sprint(host, "-", n, "-", i), ScheduleID: fmt.Sprint("s", i), Trigger: run.ByAPI, DueAt: at, CreatedAt: at, Plugin: "p"}}
			if _, _, err := db.Trigger(ctx, asked); err != nil {
				return err
			}
		}
		if _, err := db.Take(ctx, store.Take{HostID: host, At: at, Plugin: "p", Limit: 5, Pools: map[string]int{"pool": slots}}); err != nil {
			return err
		}
		return endAll(db, host, at)
	}, "SELECT count(*) FROM runs WHERE pool = 'pool' AND state = 'running'", slots)
}

// TestHostsExcludeEachOther has hosts claim different firings of the same schedules,
// of which one run may run, and skip what must not run beside it.
func TestHostsExcludeEachOther(t *testing.T) {
	t.Parallel()
	for _, overlap := range []schedule.Overlap{schedule.OverlapQueue, schedule.OverlapReplace} {
		t.Run(string(overlap), func(t *testing.T) {
			t.Parallel()
			c := newContest(t)
			c.race(func(db *postgres.DB, host string, n int) error { return contend(db, host, n, overlap) }, `SELECT coalesce(max(n), 0)
				FROM (SELECT count(*) AS n FROM runs WHERE state = 'running' AND step = '' GROUP BY schedule_id) AS s`, 1)
			all, err := c.hosts[0].Runs(context.Background(), store.RunQuery{States: []run.State{run.Waiting}, Limit: store.MaxPage})
			if err != nil {
				t.Fatal(err)
			}
			waiting := map[string]int{}
			for _, r := range all.Runs {
				if waiting[r.ScheduleID]++; waiting[r.ScheduleID] > 3 { // one of a firing, and triggers
					t.Errorf("%d runs of %s wait", waiting[r.ScheduleID], r.ScheduleID)
				}
			}
		})
	}
}

// contend claims an instant that is the host's own, with the policies of two
// versions, triggers now and then, and takes what waits.
func contend(db *postgres.DB, host string, n int, overlap schedule.Overlap) error {
	ctx := context.Background()
	at := lostAt.Add(time.Duration(contestants*n+int(host[1]-'0')+1) * time.Minute)
	claim := store.Claim{HostID: host, At: at, Until: at}
	for i := range contested {
		d := store.Due{ScheduleID: fmt.Sprint("s", i), DueAt: at, Cron: "* * * * *", Timezone: "UTC", Plugin: "p",
			RunID: fmt.Sprint(host, "-", n, "-", i), Start: true, Policy: store.Policy{Overlap: overlap}}
		if rand.IntN(4) == 0 {
			d.Overlap, d.RunID = schedule.OverlapSkip, d.RunID+"-skip"
		}
		claim.Due = append(claim.Due, d)
	}
	rand.Shuffle(contested, func(i, j int) { claim.Due[i], claim.Due[j] = claim.Due[j], claim.Due[i] })
	if _, err := db.Claim(ctx, claim); err != nil {
		return err
	}
	if _, err := db.Take(ctx, store.Take{HostID: host, At: at, Plugin: "p", Limit: 10}); err != nil {
		return err
	}
	return endAll(db, host, at)
}
