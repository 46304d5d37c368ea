package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// execute runs SQL beside the store.
func execute(t testing.TB, url, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}

func TestTenHostsOpenAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for name, o := range map[string]postgres.Options{
		"directly":                    {URL: server.NewDatabase(t)},
		"in a schema of their own":    {URL: server.NewDatabase(t) + "&search_path=butlerd"},
		"behind a pooler":             {URL: server.Bouncer(t, server.NewDatabase(t)), Pooler: true},
		"behind a pooler in a schema": {URL: server.Bouncer(t, server.NewDatabase(t)) + "&search_path=%22Odd+name%22", Pooler: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(o.URL, "?") {
				o.URL = strings.Replace(o.URL, "&", "?", 1)
			}
			o.MaxConnections = 2
			var hosts sync.WaitGroup
			for range 10 {
				hosts.Go(func() {
					db, err := postgres.Open(context.Background(), o)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close()
					if err := db.Ping(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			hosts.Wait()
			s, err := postgres.Status(context.Background(), o)
			if err != nil || s.Schema.Version != s.Schema.Known || s.Schema.Known == 0 {
				t.Errorf("the status is %+v, %v", s, err)
			}
		})
	}
}

func TestTwoLedgersInOneDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).NewDatabase(t)
	ctx := context.Background()
	for _, schema := range []string{"one", "two"} {
		db := opened(t, postgres.Options{URL: withParameter(url, "search_path="+schema)})
		if joined, err := db.Join(ctx, store.Host{ID: "same"}); err != nil || !joined.Alone {
			t.Errorf("joining in %s: %+v, %v", schema, joined, err)
		}
	}
}

func withParameter(url, parameter string) string {
	if strings.Contains(url, "?") {
		return url + "&" + parameter
	}
	return url + "?" + parameter
}

func TestALaterSchema(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := postgres.Options{URL: pgtest.Shared(t).NewDatabase(t)}
	first := open(t, o)
	defer first.Close()

	t.Run("that is compatible is used as it is", func(t *testing.T) {
		execute(t, o.URL, `ALTER TABLE runs ADD COLUMN later text NOT NULL DEFAULT ''; ALTER TABLE schedules ADD COLUMN later text;
			INSERT INTO schema_versions (version, compatible_from) VALUES (1000, 1)`)
		second := open(t, o)
		defer second.Close()
		for _, db := range []*postgres.DB{first, second} { // the first was there when the schema changed
			if err := db.Ping(ctx); err != nil {
				t.Error(err)
			}
			if _, err := db.Runs(ctx, store.RunQuery{}); err != nil {
				t.Error(err)
			}
		}
		from, to, err := postgres.Migrate(ctx, o)
		if err != nil || from != to || to.Version != 1000 || to.Known >= 1000 {
			t.Errorf("migrating went from %+v to %+v, %v", from, to, err)
		}
	})

	t.Run("that is not compatible is refused", func(t *testing.T) {
		execute(t, o.URL, "INSERT INTO schema_versions (version, compatible_from) VALUES (1001, 1001)")
		db, err := postgres.Open(ctx, o)
		if err == nil {
			db.Close()
			t.Fatal("it is opened")
		}
		if text := err.Error(); !strings.Contains(text, "1001") || !strings.Contains(text, "newer butlerd") {
			t.Errorf("the error is %v", err)
		}
		if _, _, err := postgres.Migrate(ctx, o); err == nil {
			t.Error("it is migrated")
		}
		s, err := postgres.Status(ctx, o)
		if err != nil || s.Schema.CompatibleFrom != 1001 || s.Counts.Runs != nil {
			t.Errorf("the status is %+v, %v", s, err)
		}
	})
}

func TestStatusChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := postgres.Options{URL: pgtest.Shared(t).NewDatabase(t)}
	s, err := postgres.Status(ctx, o)
	if err != nil || s.Schema.Version != 0 || s.Server == "" {
		t.Errorf("the status of an empty database is %+v, %v", s, err)
	}
	from, to, err := postgres.Migrate(ctx, o)
	if err != nil || from.Version != 0 || to.Version != to.Known {
		t.Errorf("migrating went from %+v to %+v, %v", from, to, err)
	}
	db := opened(t, o)
	if _, err := db.Join(ctx, store.Host{ID: "h", Name: "host"}); err != nil {
		t.Fatal(err)
	}
	s, err = postgres.Status(ctx, o)
	if err != nil || len(s.Hosts) != 1 || s.Hosts[0].Name != "host" {
		t.Errorf("the status is %+v, %v", s, err)
	}
}
