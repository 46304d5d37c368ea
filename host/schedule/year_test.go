package schedule

import (
	"cmp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestEngineOverAYear(t *testing.T) {
	t.Parallel()
	// 2000 is a leap year, and all but Kolkata change their clocks in it.
	places := map[string]struct{ expr, zone string }{
		"london":    {"0 */2 * * *", "Europe/London"},
		"stockholm": {"30 2 * * *", "Europe/Stockholm"},
		"new york":  {"15 * * * *", "America/New_York"},
		"kolkata":   {"45 5 * * 1-5", "Asia/Kolkata"},
		"lord howe": {"*/15 2 * * *", "Australia/Lord_Howe"},
	}
	synctest.Test(t, func(t *testing.T) {
		e, r := startEngine(t)
		start := time.Now()
		end := start.AddDate(1, 0, 0)
		var want []Due
		for id, p := range places {
			s := parse(t, p.expr, p.zone)
			e.Set(id, s, start)
			for _, at := range firingsOf(parse(t, p.expr, p.zone), start, end) {
				want = append(want, Due{ID: id, At: at, FireAt: at, Spec: s})
			}
		}
		slices.SortFunc(want, byInstant)
		time.Sleep(end.Sub(start))
		synctest.Wait()
		got := slices.Concat(r.calls...)
		if diff := gocmp.Diff(want, got, samePointer); diff != "" {
			t.Errorf("instants of a year (-want +got):\n%s", diff)
		}
		checkYear(t, got)
	})
}

// checkYear counts what the definition of each schedule says by itself.
func checkYear(t *testing.T, got []Due) {
	t.Helper()
	count := make(map[string]int)
	for _, d := range got {
		count[d.ID]++
	}
	want := map[string]int{
		"london":    366 * 12,  // even hours are neither skipped nor repeated
		"stockholm": 366,       // in spring at 03:00
		"new york":  366 * 24,  // 23 times in spring, 25 times in autumn
		"kolkata":   260,       // without 53 Saturdays and 53 Sundays
		"lord howe": 366*4 - 2, // 02:00 and 02:15 are skipped; 02:30 fires anyway
	}
	if diff := gocmp.Diff(want, count); diff != "" {
		t.Errorf("firings per schedule (-want +got):\n%s", diff)
	}
}

func byInstant(a, b Due) int {
	return cmp.Or(a.FireAt.Compare(b.FireAt), cmp.Compare(a.ID, b.ID), a.At.Compare(b.At))
}

// samePointer compares specs by identity: an instant carries the very spec that
// it was found with.
var samePointer = gocmp.Comparer(func(a, b *Spec) bool { return a == b })
