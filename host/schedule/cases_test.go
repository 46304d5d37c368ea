package schedule

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A caseRow is one row of testdata/cases.json.
type caseRow struct {
	ID       string
	Expr     string
	TZ       string
	From     time.Time
	Expected []time.Time
	Why      string
}

func TestCases(t *testing.T) {
	t.Parallel()
	var rows []caseRow
	load(t, "testdata/cases.json", &rows)
	if len(rows) != 300 {
		t.Fatalf("%d cases, want 300", len(rows))
	}
	for _, r := range rows {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			s := parse(t, r.Expr, r.TZ)
			got := series(s, r.From, len(r.Expected))
			if strings.HasPrefix(r.Expr, "@every") {
				checkEvery(t, s, r, got)
				return
			}
			if diff := cmp.Diff(r.Expected, got); diff != "" {
				t.Errorf("%s: %q in %s from %s (-want +got):\n%s", r.Why, r.Expr, r.TZ, r.From, diff)
			}
		})
	}
}

// checkEvery compares distances only. The cases count from the start; a Spec
// counts from the Unix epoch, so that a restart does not shift it.
func checkEvery(t *testing.T, s *Spec, r caseRow, got []time.Time) {
	t.Helper()
	for i, at := range got {
		if at.Unix()%s.every != 0 {
			t.Errorf("%s is not a multiple of %d s since the epoch", at, s.every)
		}
		if want := r.Expected[i].Sub(r.Expected[0]); at.Sub(got[0]) != want {
			t.Errorf("instant %d is %s after the first, want %s", i, at.Sub(got[0]), want)
		}
	}
	if wait := got[0].Sub(r.From); wait <= 0 || wait > r.Expected[0].Sub(r.From) {
		t.Errorf("first instant %s after the start", wait)
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	var rows []struct{ ID, Expr, TZ, Error string }
	load(t, "testdata/invalid.json", &rows)
	if len(rows) != 38 {
		t.Fatalf("%d invalid expressions, want 38", len(rows))
	}
	for _, r := range rows {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(r.Expr, r.TZ)
			var pe *ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("Parse(%q) = %v, want a *ParseError", r.Expr, err)
			}
			if diff := cmp.Diff(r.Error, pe.Error()); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", r.Expr, diff)
			}
		})
	}
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func parse(t testing.TB, expr, zone string) *Spec {
	t.Helper()
	s, err := Parse(expr, zone)
	if err != nil {
		t.Fatalf("Parse(%q, %q): %v", expr, zone, err)
	}
	return s
}

// series returns the first n instants after from.
func series(s *Spec, from time.Time, n int) []time.Time {
	list := make([]time.Time, n)
	for i := range list {
		from = s.Next(from)
		list[i] = from
	}
	return list
}
