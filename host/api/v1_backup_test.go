package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"butlerd/host/backup"
	"butlerd/host/store"
)

func TestBackupIsSent(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	b.say(b.addRun("a", 1), 1, 2000)
	a := b.send("GET", "/api/v1/backup", "")
	if a.Status != 200 || a.Header.Get("Content-Type") != "application/gzip" || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", a.Status, a.Header)
	}
	s, err := backup.Check(strings.NewReader(a.Body))
	if err != nil || s.Records[store.RecordLogEntry] != 2000 || s.Records[store.RecordRun] != 1 || s.MadeBy != "1.2.3" {
		t.Errorf("%+v, %v", s, err)
	}
	b.play(t, []scenario{
		{name: "not in part", method: "GET", path: "/api/v1/backup?from=x", status: 400, says: []string{"unknown parameter"}},
		{name: "and HEAD has no body", method: "HEAD", path: "/api/v1/backup", status: 200},
	})
}

func TestBackupBreaksOff(t *testing.T) {
	t.Parallel()
	const secret = "password=hunter2"
	breakOff := map[string]func(whole func(context.Context, io.Writer) error) func(context.Context, io.Writer) error{
		"with an error": func(whole func(context.Context, io.Writer) error) func(context.Context, io.Writer) error {
			return func(ctx context.Context, w io.Writer) error {
				_, _ = io.WriteString(w, "half of it")
				return errors.New(secret)
			}
		},
		"with a panic": func(whole func(context.Context, io.Writer) error) func(context.Context, io.Writer) error {
			return func(ctx context.Context, w io.Writer) error { panic(secret) }
		},
		"near its end": func(whole func(context.Context, io.Writer) error) func(context.Context, io.Writer) error {
			return func(ctx context.Context, w io.Writer) error {
				var all strings.Builder
				if err := whole(ctx, &all); err != nil {
					return err
				}
				_, _ = io.WriteString(w, all.String()[:all.Len()-20])
				return errors.New(secret)
			}
		},
	}
	for name, how := range breakOff {
		t.Run(name+" and is no backup", func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *Options) { o.Backup = how(o.Backup) })
			a := b.send("GET", "/api/v1/backup", "")
			if _, err := backup.Check(strings.NewReader(a.Body)); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("%d %.100q is taken for whole: %v", a.Status, a.Body, err)
			}
			if strings.Contains(a.Body, secret) || !strings.Contains(b.log.String(), "backup") {
				t.Errorf("answer %.100q, log %s", a.Body, b.log)
			}
		})
	}
}

func TestBackupOfAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.History = silentHistory{o.History} })
	b.play(t, []scenario{{name: "is refused before anything is sent", method: "GET", path: "/api/v1/backup", status: 503,
		says: []string{"urn:butlerd:problem:store-unavailable"}, has: []string{"Retry-After: 5", "Content-Disposition: "}}})
}

func TestBackupEndsWithItsClient(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	b := setup(t, func(o *Options) {
		o.Backup = func(ctx context.Context, w io.Writer) error {
			for {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					ended <- err
					return err
				}
			}
		}
	})
	q, err := http.NewRequest(http.MethodGet, "http://butlerd/api/v1/backup", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, r.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	select {
	case <-ended:
	case <-time.After(2 * time.Minute):
		t.Error("it goes on without anybody who reads it")
	}
}

// silentHistory is of a store that does not answer.
type silentHistory struct{ History }

// Runs implements History.
func (silentHistory) Runs(context.Context, store.RunQuery) (store.RunPage, error) {
	return store.RunPage{}, store.ErrUnavailable
}
