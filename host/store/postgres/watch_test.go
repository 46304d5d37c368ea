package postgres_test

import (
	"context"
	"testing"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// woken waits for a token.
func woken(t *testing.T, db *postgres.DB, why string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	select {
	case <-db.Watch():
	case <-ctx.Done():
		t.Fatalf("nobody is woken by %s", why)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Shared(t)
	url := server.NewDatabase(t)
	proxy := pgtest.NewProxy(t, server.Addr())
	watcher := opened(t, postgres.Options{URL: through(proxy.URL("postgres"), url)})
	writer := opened(t, postgres.Options{URL: url})
	woken(t, watcher, "the beginning")

	s := store.Schedule{Definition: schedule.Definition{ID: "s", Cron: "* * * * *", Timezone: "UTC"}, Started: true}
	if _, err := writer.Change(ctx, []store.Change{{Kind: store.Create, Schedule: s, At: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	woken(t, watcher, "a change")
	proxy.Cut()
	proxy.Heal()
	woken(t, watcher, "a connection that was cut and is there again")
	if _, err := writer.Change(ctx, []store.Change{{Kind: store.Update, Schedule: s, At: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	woken(t, watcher, "a change after that")
}
