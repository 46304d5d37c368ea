package schedule

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// FuzzParse holds for every text: Parse does not panic, points into the
// expression when it refuses, and accepts only what steps on and on.
func FuzzParse(f *testing.F) {
	for _, path := range []string{"testdata/cases.json", "testdata/invalid.json"} {
		var rows []struct {
			Expr, TZ string
			From     time.Time
		}
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if err := json.Unmarshal(data, &rows); err != nil {
			f.Fatal(err)
		}
		for _, r := range rows {
			f.Add(r.Expr, r.TZ, r.From.Unix())
		}
	}
	f.Add("@every 2562047h", "UTC", int64(maxInstant))
	f.Add("0 0 29 2 ?", "Europe/London", int64(minInstant))
	f.Fuzz(func(t *testing.T, expr, zone string, from int64) {
		s, err := Parse(expr, zone)
		if err != nil {
			checkRefusal(t, expr, err)
			return
		}
		if s.Describe() == "" {
			t.Error("no description")
		}
		s.Warnings()
		at := time.Unix(min(max(from, minInstant), maxInstant), 0)
		for range 5 {
			next := s.Next(at)
			if next.IsZero() && at.Year() < 9600 {
				t.Fatalf("%q has no instant after %s", expr, at)
			}
			if next.IsZero() {
				return
			}
			if !next.After(at) {
				t.Fatalf("%q: Next(%s) = %s", expr, at, next)
			}
			at = next
		}
	})
}

func checkRefusal(t *testing.T, expr string, err error) {
	t.Helper()
	var pe *ParseError
	if !errors.As(err, &pe) {
		t.Fatalf("%T is not a *ParseError", err)
	}
	if pe.Reason == "" || strings.Contains(pe.Reason, "robfig") {
		t.Errorf("%q passed the checks and was refused by robfig/cron: %v", expr, err)
	}
	if pe.Offset < 0 || pe.Length < 0 || pe.Offset+pe.Length > len(expr) {
		t.Errorf("%d+%d is not in %q", pe.Offset, pe.Length, expr)
	}
}
