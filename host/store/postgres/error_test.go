package postgres_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

func TestErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	closed.Close()
	host, port, _ := net.SplitHostPort(addr)
	for name, o := range map[string]postgres.Options{
		"nobody there":          {URL: "postgres://user:hunter2@" + addr + "/db"},
		"no port":               {URL: "postgres://user:hunter2@127.0.0.1:x/db"},
		"two colons":            {URL: "postgres://user:hun:ter2@[::1/db"},
		"a percent sign":        {URL: "postgres://user:hunter2%zz@127.0.0.1/db"},
		"pairs":                 {URL: "host=" + host + " port=" + port + " user=u password=hunter2"},
		"pairs with a quote":    {URL: "host=" + host + " password='hunter2"},
		"a password in a query": {URL: "postgres://" + addr + "/db?password=hunter2&sslmode=nonsense"},
		"no certificate":        {URL: "postgres://user:hunter2@" + addr + "/db", RootCert: "absent.pem"},
		"no key":                {URL: "postgres://user:hunter2@" + addr + "/db?sslmode=require", ClientCert: "absent.pem", ClientKey: "k"},
		"another scheme":        {URL: "mysql://user:hunter2@" + addr + "/db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, opening := postgres.Open(context.Background(), o)
			_, asking := postgres.Status(context.Background(), o)
			_, _, migrating := postgres.Migrate(context.Background(), o)
			for _, err := range []error{opening, asking, migrating} {
				if err == nil {
					t.Fatal("there is no error")
				}
				for inner := err; inner != nil; inner = errors.Unwrap(inner) {
					if text := inner.Error(); strings.Contains(text, "hun") || strings.Contains(text, o.URL) {
						t.Errorf("the error shows a secret: %v", text)
					}
				}
			}
			t.Log(opening)
		})
	}
}

func TestADatabaseThatIsAwayAndComesBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Start(t)
	database := server.NewDatabase(t)
	db := opened(t, postgres.Options{URL: database, Lease: time.Minute, ConnectTimeout: time.Second})
	if _, err := db.Join(ctx, store.Host{ID: "h"}); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []pgtest.Mode{pgtest.Fast, pgtest.Immediate} {
		if err := server.Stop(mode); err != nil {
			t.Fatal(err)
		}
		for name, call := range calls(db) {
			if err := call(ctx); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s while the database is away: got the error %v", name, err)
			}
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		for name, call := range calls(db) {
			if err := comesBack(ctx, call); err != nil {
				t.Errorf("%s when it is back: %v", name, err)
			}
		}
	}
}

// calls are some that read and some that write, by each way there is.
func calls(db *postgres.DB) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"a ping":  db.Ping,
		"a read":  func(ctx context.Context) error { _, err := db.Counts(ctx); return err },
		"a renew": func(ctx context.Context) error { _, err := db.Renew(ctx, "h", store.Report{}); return err },
		"a claim": func(ctx context.Context) error {
			_, err := db.Claim(ctx, store.Claim{HostID: "h", At: time.Now(), Until: time.Now()})
			return err
		},
		"an end": func(ctx context.Context) error {
			_, err := db.End(ctx, store.AttemptEnd{RunID: "absent", HostID: "h", State: run.Failed})
			return err
		},
		"a log": func(ctx context.Context) error {
			return db.Log(ctx, "h", []run.LogEntry{{RunID: "absent", Attempt: 1, Seq: 1, At: time.Now()}})
		},
	}
}

// comesBack calls until all that was broken has been replaced.
func comesBack(ctx context.Context, call func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err = call(ctx); err == nil || !errors.Is(err, store.ErrUnavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}

func TestANetworkThatIsFrozen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Shared(t)
	proxy := pgtest.NewProxy(t, server.Addr())
	url := through(proxy.URL("postgres"), server.NewDatabase(t))
	db := opened(t, postgres.Options{URL: url, ConnectTimeout: time.Second, StatementTimeout: time.Second})
	if err := db.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	proxy.Freeze()
	began := time.Now()
	if err := db.Ping(ctx); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a write into nothing: got the error %v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := db.Counts(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a read whose context ends: got the error %v", err)
	}
	proxy.Heal()
	if err := comesBack(ctx, db.Ping); err != nil {
		t.Errorf("when it is healed: %v", err)
	}
}

func TestAStandbyIsNoStore(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	database := server.NewDatabase(t)
	opened(t, postgres.Options{URL: database})
	standby := server.Standby(t)
	url := through(standby.URL("postgres"), database)
	if _, err := postgres.Open(context.Background(), postgres.Options{URL: url}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("opening a standby: got the error %v", err)
	}
}
