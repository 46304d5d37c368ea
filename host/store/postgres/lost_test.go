package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

var lostAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// lossy is a host whose commits can be lost, and a store that sees what is there.
type lossy struct {
	*severer
	db, direct *postgres.DB
}

// connected has one connection only: who asks what became of a COMMIT needs it.
// As if behind a pooler, each COMMIT is sent as text, and can be seen.
func connected(t *testing.T, server *pgtest.Server, database string) lossy {
	t.Helper()
	l := lossy{severer: newSeverer(t, server.Addr()), direct: opened(t, postgres.Options{URL: database})}
	l.db = opened(t, postgres.Options{URL: l.url(database), Pooler: true, MaxConnections: 1, Lease: time.Hour})
	return l
}

// newLossy is a host with schedules and a run that waits.
func newLossy(t *testing.T, server *pgtest.Server, database string) lossy {
	t.Helper()
	ctx := context.Background()
	l := connected(t, server, database)
	if _, err := l.db.Join(ctx, store.Host{ID: "h"}); err != nil {
		t.Fatal(err)
	}
	var changes []store.Change
	for _, id := range []string{"s", "updated", "deleted", "replaced"} {
		changes = append(changes, store.Change{Kind: store.Create, Schedule: everyMinute(id), At: lostAt})
	}
	if _, err := l.db.Change(ctx, changes); err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.Claim(ctx, claimOf("waits", 1, false)); err != nil {
		t.Fatal(err)
	}
	// One is to be taken, and the other to be given up: both may happen in one ledger.
	for id, maxWait := range map[string]time.Duration{"bound": 0, "given up": time.Minute} {
		c := claimOf(id, 1, true)
		c.Due[0].ScheduleID, c.Due[0].Plugin = map[string]string{"bound": "updated", "given up": "deleted"}[id], "plugin of "+id
		c.Due[0].Policy = store.Policy{Overlap: schedule.OverlapQueue, Pool: "pool", MaxWait: maxWait}
		if _, err := l.db.Claim(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func everyMinute(id string) store.Schedule {
	return store.Schedule{Definition: schedule.Definition{ID: id, Cron: "* * * * *", Timezone: "UTC"}, Started: true}
}

func claimOf(runID string, minute int, start bool) store.Claim {
	due := lostAt.Add(time.Duration(minute) * time.Minute)
	return store.Claim{HostID: "h", At: due, Until: due, Due: []store.Due{{
		ScheduleID: "s", DueAt: due, Cron: "* * * * *", Timezone: "UTC", Plugin: "p", RunID: runID, Start: start,
	}}}
}

// lostCalls are those that are asked about, and whether what they wrote is there.
func (l lossy) lostCalls() map[string][2]func(context.Context) error {
	found := func(ok bool, err error) error {
		if err == nil && !ok {
			err = store.ErrNotFound
		}
		return err
	}
	change := func(c store.Change) func(context.Context) error {
		return func(ctx context.Context) error { _, err := l.db.Change(ctx, []store.Change{c}); return err }
	}
	changed := func(id string, version int64) func(context.Context) error {
		return func(ctx context.Context) error {
			all, err := l.direct.Schedules(ctx)
			got := int64(0)
			for _, s := range all {
				if s.ID == id {
					got = s.Version
				}
			}
			return found(got == version, err)
		}
	}
	at := lostAt.Add(time.Hour)
	return map[string][2]func(context.Context) error{
		"a trigger": {func(ctx context.Context) error {
			_, made, err := l.db.Trigger(ctx, store.Trigger{HostID: "h", Start: true, Run: run.Run{
				ID: "t", ScheduleID: "s", Trigger: run.ByAPI, DueAt: at, CreatedAt: at, Plugin: "p"}})
			return found(made, err)
		}, func(ctx context.Context) error { _, _, err := l.direct.Run(ctx, "t"); return err }},
		"a take": {func(ctx context.Context) error {
			taken, err := l.db.Take(ctx, store.Take{HostID: "h", At: at, Plugin: "p", Limit: 1})
			return found(len(taken) == 1, err)
		}, func(ctx context.Context) error {
			r, _, err := l.direct.Run(ctx, "waits")
			return found(r.State == run.Running, err)
		}},
		"a take from a pool": {func(ctx context.Context) error {
			taken, err := l.db.Take(ctx, store.Take{HostID: "h", At: at, Plugin: "plugin of bound", Limit: 1, Pools: map[string]int{"pool": 1}})
			return found(len(taken) == 1, err)
		}, func(ctx context.Context) error {
			r, _, err := l.direct.Run(ctx, "bound")
			return found(r.State == run.Running, err)
		}},
		"the end of a wait": {func(ctx context.Context) error {
			ended, err := l.db.Expire(ctx, "h", at)
			return found(len(ended) == 1, err)
		}, func(ctx context.Context) error {
			r, _, err := l.direct.Run(ctx, "given up")
			return found(r.State == run.Cancelled, err)
		}},
		"a hold": {func(ctx context.Context) error {
			_, err := l.db.Hold(ctx, store.Hold{ID: "hold", All: true, Reason: "repairs", By: "ops", Since: at})
			return err
		}, func(ctx context.Context) error {
			all, err := l.direct.Holds(ctx, time.Time{})
			return found(len(all) == 1, err)
		}},
		"a seal": {func(ctx context.Context) error { return l.db.Seal(ctx, sealOf(lostAt)) }, func(ctx context.Context) error {
			all, err := l.direct.Seals(ctx)
			return found(len(all) == 1, err)
		}},
		"a creation": {change(store.Change{Kind: store.Create, Schedule: everyMinute("new"), At: at}), changed("new", 1)},
		"an update":  {change(store.Change{Kind: store.Update, Schedule: everyMinute("updated"), At: at}), changed("updated", 2)},
		"a deletion": {change(store.Change{Kind: store.Delete, Schedule: everyMinute("deleted"), At: at}), changed("deleted", 0)},
		"a join": {func(ctx context.Context) error {
			_, err := l.db.Join(ctx, store.Host{ID: "second"})
			return err
		}, func(ctx context.Context) error {
			all, err := l.direct.Hosts(ctx)
			return found(len(all) == 2, err)
		}},
	}
}

func sealOf(at time.Time) store.Seal {
	return store.Seal{Day: at.Truncate(24 * time.Hour), Count: 1, Hash: strings.Repeat("ab", 32), SealedAt: at}
}

func TestTheAnswerToACommitIsLost(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for name := range (lossy{}).lostCalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			for how, arrives := range map[string]bool{"the answer": true, "the commit": false} {
				l := newLossyOn(t, server)
				call := l.lostCalls()[name]
				l.sever(severance{arrives: arrives})
				err := call[0](ctx)
				if !l.severed() || (err == nil) != arrives || err != nil && !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("%s is lost (%v): got the error %v", how, l.severed(), err)
				}
				if err := call[1](ctx); (err == nil) != arrives {
					t.Errorf("%s is lost: looking for it: got the error %v", how, err)
				}
			}
		})
	}
}

func newLossyOn(t *testing.T, server *pgtest.Server) lossy {
	t.Helper()
	return newLossy(t, server, server.NewDatabase(t))
}

// TestAFailoverLosesACommit has another server answer who asks, on which the
// transaction's number is that of a foreign transaction, which was committed.
func TestAFailoverLosesACommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	old, promoted := fast(t), pgtest.Shared(t)
	database := old.NewDatabase(t)
	name := database[strings.LastIndex(database, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	execute(t, promoted.URL("postgres"), "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, promoted.URL("postgres"), "DROP DATABASE "+name+" WITH (FORCE)") })
	copied := open(t, postgres.Options{URL: promoted.URL(name)})
	copied.Close()
	newLossy(t, old, database)
	overtake(t, promoted.URL(name), number(t, database)+1000)
	for name := range (lossy{}).lostCalls() {
		l := connected(t, old, database)
		call := l.lostCalls()[name]
		l.sever(severance{arrives: true, target: promoted.Addr()})
		if err := call[0](ctx); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s that was lost: got the error %v", name, err)
		}
		if err := call[1](ctx); err != nil { // it had its number from a server that committed it
			t.Errorf("%s on the server that was lost: %v", name, err)
		}
	}
}

// number is that of a transaction.
func number(t *testing.T, url string) (n int64) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, "SELECT pg_current_xact_id()::text::bigint").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// overtake commits transactions until one has a number.
func overtake(t *testing.T, url string, n int64) {
	t.Helper()
	execute(t, url, fmt.Sprintf(`DO $$ BEGIN
		WHILE pg_current_xact_id()::text::bigint < %d LOOP COMMIT; END LOOP; END $$`, n))
}

func TestAClaimIsRepeated(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, arrives := range []bool{true, false} {
		l := newLossyOn(t, pgtest.Shared(t))
		l.sever(severance{arrives: arrives})
		claim := claimOf("r", 2, true)
		if _, err := l.db.Claim(ctx, claim); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("claiming: got the error %v", err)
		}
		got, err := l.db.Claim(ctx, claim)
		if err != nil || len(got) != 1 || !got[0].Won || got[0].State != run.Running {
			t.Errorf("claiming again: got %+v, %v", got, err)
		}
	}
}

// TestWhatIsRepeated is about writes that are not asked about: made again, they
// leave and say the same.
func TestWhatIsRepeated(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	at := lostAt.Add(time.Hour)
	hold := store.Hold{ID: "hold", ScheduleID: "s", Reason: "repairs", By: "ops", Since: at}
	calls := map[string]func(l lossy) (any, error){
		"a release": func(l lossy) (any, error) { return l.db.Release(ctx, "hold", at.Add(time.Minute), "ops") },
		"a checkpoint": func(l lossy) (any, error) {
			return l.db.Checkpoint(ctx, store.Checkpoint{RunID: "runs", Number: 1, HostID: "h", Data: []byte(`{"n":1}`)})
		},
		"what was followed": func(l lossy) (any, error) {
			if err := l.db.Followed(ctx, []string{"followed", "absent"}); err != nil {
				return nil, err
			}
			left, err := l.db.Unfollowed(ctx, 0)
			return len(left), err
		},
	}
	wants := map[string]any{"a checkpoint": true, "what was followed": 0}
	released := hold
	released.ReleasedAt, released.ReleasedBy = at.Add(time.Minute), "ops"
	wants["a release"] = released
	for name, call := range calls {
		for _, arrives := range []bool{true, false} {
			l := newLossyOn(t, pgtest.Shared(t))
			if _, err := l.direct.Hold(ctx, hold); err != nil {
				t.Fatal(err)
			}
			for n, id := range []string{"runs", "followed"} {
				claim := claimOf(id, 2+n, true)
				claim.Due[0].Overlap, claim.Due[0].Follow = schedule.OverlapAllow, true
				if _, err := l.db.Claim(ctx, claim); err != nil {
					t.Fatal(err)
				}
			}
			end := store.AttemptEnd{RunID: "followed", Number: 1, HostID: "h", At: at, State: run.Failed}
			if done, err := l.db.End(ctx, end); !done {
				t.Fatal(err)
			}
			l.sever(severance{arrives: arrives})
			if _, err := call(l); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: got the error %v", name, err)
			}
			if got, err := call(l); err != nil || got != wants[name] {
				t.Errorf("%s again: got %+v, %v, want %+v", name, got, err, wants[name])
			}
		}
	}
}

// TestAClaimThatReplacesIsRepeated has the runs that are to be cancelled in both
// answers.
func TestAClaimThatReplacesIsRepeated(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, arrives := range []bool{true, false} {
		l := newLossyOn(t, pgtest.Shared(t))
		replacing := func(id string, minute int) store.Claim {
			c := claimOf(id, minute, true)
			c.Due[0].ScheduleID, c.Due[0].Overlap = "replaced", schedule.OverlapReplace
			return c
		}
		for n := range 2 {
			if _, err := l.db.Claim(ctx, replacing(fmt.Sprint("r", n), 2+n)); err != nil {
				t.Fatal(err)
			}
		}
		l.sever(severance{arrives: arrives})
		if _, err := l.db.Claim(ctx, replacing("r2", 4)); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("claiming: got the error %v", err)
		}
		got, err := l.db.Claim(ctx, replacing("r2", 4))
		if err != nil || got[0].State != run.Waiting || len(got[0].Replaces) == 0 || got[0].Replaces[0].ID != "r0" {
			t.Errorf("claiming again: got %+v, %v", got, err)
		}
		var states []run.State
		for _, id := range []string{"r0", "r1", "r2"} {
			r, _, err := l.direct.Run(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, r.State)
		}
		if want := []run.State{run.Running, run.Cancelled, run.Waiting}; fmt.Sprint(states) != fmt.Sprint(want) {
			t.Errorf("the states are %v, want %v", states, want)
		}
	}
}

func TestAnOrderIsSeenAgainWhenItsAnswerWasLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := newLossyOn(t, pgtest.Shared(t))
	order := func(kind store.OrderKind) {
		t.Helper()
		if err := l.direct.Order(ctx, store.Order{Kind: kind, HostID: "h"}); err != nil {
			t.Fatal(err)
		}
	}
	orders := func() (kinds []store.OrderKind) {
		t.Helper()
		n, err := l.db.News(ctx, "h", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range n.Orders {
			kinds = append(kinds, o.Kind)
		}
		return kinds
	}
	lose := func(arrives bool) {
		t.Helper()
		l.sever(severance{arrives: arrives})
		if _, err := l.db.News(ctx, "h", 0); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("the answer is lost: got the error %v", err)
		}
	}
	order(store.OrderDrain)
	for _, arrives := range []bool{true, false} {
		lose(arrives)
	}
	if got := fmt.Sprint(orders()); got != "[drain]" {
		t.Errorf("it is asked for %s", got)
	}
	order(store.OrderResume)
	for _, arrives := range []bool{true, false} {
		lose(arrives)
	}
	if got := fmt.Sprint(orders(), orders(), orders()); got != "[resume] [] []" {
		t.Errorf("it is then asked for %s", got)
	}
}
