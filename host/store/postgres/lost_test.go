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
	for _, id := range []string{"s", "updated", "deleted"} {
		changes = append(changes, store.Change{Kind: store.Create, Schedule: everyMinute(id), At: lostAt})
	}
	if _, err := l.db.Change(ctx, changes); err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.Claim(ctx, claimOf("waits", 1, false)); err != nil {
		t.Fatal(err)
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
