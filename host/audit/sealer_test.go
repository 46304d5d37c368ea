package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/store"
)

func TestLine(t *testing.T) {
	t.Parallel()
	f := run.Firing{
		ScheduleID: "tab\tslash\\ line\nåäö", DueAt: time.Date(2026, 3, 29, 3, 0, 0, 0, time.FixedZone("", 7200)), Outcome: run.Skipped,
		Reason: run.ReasonHeld, HoldID: "hold-1", Version: 12, SettledAt: time.Date(2026, 3, 29, 1, 0, 0, 1500, time.UTC),
	}
	want := `tab\tslash\\ line\nåäö` + "\t2026-03-29T01:00:00.000000Z\t12\tskipped\theld\t\thold-1\t2026-03-29T01:00:00.000001Z\n"
	if diff := cmp.Diff(want, Line(f)); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}

// What a hash is over may never change: nobody could check an old seal then.
func TestHashStays(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	want := []string{
		"31df1e689f75afc97c3339befe5aa60a50b70f80ce49eb463779dee36158e23d",
		"9fc9b17f89cc70b64420bf6a1fd525668b40a065e178170aae2ad1321f3896fe",
		"fe3866bf5967af062d0a0ba224191caddaf12dd2e36dce5a2cd1d237d45a7991",
		"2f263cc762d370ca4defb2753093c5151fd62b7ba66d639521007c0ba3de947b",
	}
	var got []string
	for _, s := range l.seals {
		got = append(got, s.Hash)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hashes (-want +got):\n%s", diff)
	}
}

func sealerOf(l *ledger, now func() time.Time) *Sealer {
	return NewSealer(SealerOptions{Store: l, Now: now, Log: slog.New(slog.DiscardHandler)})
}

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func days(l *ledger) (list []string) {
	for _, s := range l.seals {
		list = append(list, s.Day.Format(time.DateOnly))
	}
	return list
}

func TestDaysAreSealed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*ledger)
		now    time.Time
		want   []string
	}{
		"not within the margin":             {nil, day(1).Add(59 * time.Minute), nil},
		"when the margin has passed":        {nil, day(1).Add(time.Hour), []string{"2026-03-27"}},
		"from the first with a settlement":  {func(l *ledger) { l.versions[0].Since = day(-900) }, day(2).Add(time.Hour), []string{"2026-03-27", "2026-03-28"}},
		"also those without one":            {func(l *ledger) { l.until = day(5) }, day(8).Add(time.Hour), []string{"2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01", "2026-04-02", "2026-04-03"}},
		"not before there is one":           {func(l *ledger) { l.firings = nil }, day(8).Add(time.Hour), nil},
		"not before there is a schedule":    {func(l *ledger) { *l = ledger{} }, day(8).Add(time.Hour), nil},
		"from the first that is all kept":   {func(l *ledger) { l.kept = hour(30) }, day(4).Add(time.Hour), []string{"2026-03-29", "2026-03-30"}},
		"from one that is kept to midnight": {func(l *ledger) { l.kept = day(2) }, day(4).Add(time.Hour), []string{"2026-03-29", "2026-03-30"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := sound(t)
			if tt.change != nil {
				tt.change(l)
			}
			s := sealerOf(l, at(tt.now))
			n, err := s.Seal(t.Context())
			if err != nil || n != len(tt.want) {
				t.Errorf("sealed %d: %v", n, err)
			}
			if diff := cmp.Diff(tt.want, days(l)); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
			if n, err := s.Seal(t.Context()); n != 0 || err != nil {
				t.Errorf("again: sealed %d: %v", n, err)
			}
		})
	}
}

// Several hosts seal at once: each day is sealed once, and the chain is whole.
func TestHostsSealTogether(t *testing.T) {
	t.Parallel()
	l := sound(t)
	other, faster := sealerOf(l, at(day(5).Add(time.Hour))), false
	l.before = func(query string) {
		if query != "seal" || faster {
			return
		}
		faster = true
		if n, err := other.Seal(t.Context()); n != 5 || err != nil {
			t.Errorf("the faster one has sealed %d: %v", n, err)
		}
	}
	if n, err := sealerOf(l, at(day(5).Add(time.Hour))).Seal(t.Context()); n != 0 || err != nil {
		t.Errorf("sealed %d: %v", n, err)
	}
	if r := verify(t, l, Options{}); !r.OK || r.Seals.Count != 5 {
		t.Errorf("%s, found %v", r.Seals, r.Findings)
	}
}

// A store that says a day is sealed, and does not list it, is not asked for ever.
func TestSealThatIsNotThere(t *testing.T) {
	t.Parallel()
	l := sound(t)
	l.before = func(query string) {
		if query == "seal" {
			l.seals = []store.Seal{{Day: day(0), Hash: "x"}}
		}
		if query == "seals" {
			l.seals = nil
		}
	}
	if _, err := sealerOf(l, at(day(2).Add(time.Hour))).Seal(t.Context()); !errors.Is(err, store.ErrExists) {
		t.Errorf("error %v", err)
	}
}

func TestSealerWakesForEachDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := sound(t)
		shift := time.Until(start)
		var asked atomic.Int64
		l.before = func(query string) {
			if query == "seals" {
				asked.Add(1)
			}
		}
		s := sealerOf(l, func() time.Time { return time.Now().Add(shift) })
		s.Start()
		s.Start()
		time.Sleep(4*24*time.Hour + time.Hour + time.Second)
		s.Stop()
		s.Stop()
		if want := []string{"2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"}; !slices.Equal(days(l), want) {
			t.Errorf("sealed %s", strings.Join(days(l), ", "))
		}
		if n := asked.Load(); n > 10 {
			t.Errorf("it looked %d times", n)
		}
		if !l.seals[3].SealedAt.Equal(day(4).Add(time.Hour)) {
			t.Errorf("sealed at %s", l.seals[3].SealedAt)
		}
	})
}

// Anybody can compute a hash from what the package's documentation says.
func TestHashIsAsDocumented(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	var text strings.Builder
	for _, f := range l.firings {
		if f.SettledAt.Format(time.DateOnly) != "2026-03-28" {
			continue
		}
		fmt.Fprintf(&text, "%s\t%s.000000Z\t%d\t%s\t%s\t%s\t%s\t%s.003000Z\n", f.ScheduleID, f.DueAt.Format("2006-01-02T15:04:05"),
			f.Version, f.Outcome, f.Reason, f.RunID, f.HoldID, f.SettledAt.Format("2006-01-02T15:04:05"))
	}
	fmt.Fprintf(&text, "2026-03-28\t%s\n", l.seals[0].Hash)
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(text.String()))); l.seals[1].Hash != want {
		t.Errorf("hash %s, not %s", l.seals[1].Hash, want)
	}
}
