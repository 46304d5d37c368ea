package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/store"
)

func TestInsist(t *testing.T) {
	t.Parallel()
	away := fmt.Errorf("asking for news: %w: terminating connection", store.ErrUnavailable)
	fenced := fmt.Errorf("settling: %w", store.ErrFenced)
	broken := errors.New("a schedule cannot be read")
	for name, tt := range map[string]struct {
		fails []error // what the first tries give
		ever  bool    // the last of them is given ever after
		tries int     // at least
		want  error
		lines int
	}{
		"does what succeeds once":                 {tries: 1},
		"tries again what the store was away for": {fails: []error{away, away, fenced, context.DeadlineExceeded}, tries: 5, lines: 1},
		"returns what does not pass":              {fails: []error{broken}, tries: 1, want: broken},
		"returns what does not pass, also later":  {fails: []error{away, broken}, tries: 2, want: broken, lines: 1},
		"gives up when the store stays away":      {fails: []error{away}, ever: true, tries: 50, want: store.ErrUnavailable, lines: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				h := &Host{log: slog.New(slog.NewTextHandler(&log, nil))}
				began, tries := time.Now(), 0
				err := h.insist(t.Context(), "joining", func() error {
					tries++
					switch {
					case tries <= len(tt.fails):
						return tt.fails[tries-1]
					case tt.ever:
						return tt.fails[len(tt.fails)-1]
					}
					return nil
				})
				if !errors.Is(err, tt.want) || tries < tt.tries || !tt.ever && tries > tt.tries {
					t.Errorf("%v after %d tries", err, tries)
				}
				synctest.Wait()
				if n := strings.Count(log.String(), "store unavailable, the start"); n != tt.lines {
					t.Errorf("%d lines about it: %s", n, log.String())
				}
				if took := time.Since(began); took > startPatience+maxWait || tt.ever && took < startPatience {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
	t.Run("says what takes long", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			h := &Host{log: slog.New(slog.NewTextHandler(&log, nil))}
			for _, took := range []time.Duration{slowStep / 2, 3*slowStep + time.Second} {
				if err := h.insist(t.Context(), "settling", func() error { time.Sleep(took); return nil }); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			time.Sleep(time.Hour) // and nothing of what has ended
			if n := strings.Count(log.String(), "doing=settling"); n != 3 {
				t.Errorf("%d lines about it, want 3: %s", n, log.String())
			}
		})
	})
	t.Run("ends with the start", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := &Host{log: slog.New(slog.DiscardHandler)}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			began := time.Now()
			err := h.insist(ctx, "joining", func() error { return away })
			if took := time.Since(began); !errors.Is(err, store.ErrUnavailable) || took != 3*time.Second {
				t.Errorf("%v after %s", err, took)
			}
		})
	})
}
