package host_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// TestWorldsAgain lives through each world twice: the same seed has the same firings,
// with the same outcomes. What leaves it to chance who comes first at one instant is
// left out: slots and overlaps, for which runs race; what is made over the API, which
// has a new id in each life; and a store that was away, for which all try again at the
// same time.
func TestWorldsAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		w.Script = slices.DeleteFunc(w.Script, func(s step) bool { return s.Do == doCreate || s.Do == doDelete || s.Do == doAway })
		for i := range w.Schedules {
			w.Schedules[i].Overlap, w.Schedules[i].Pool = schedule.OverlapAllow, false
		}
		first, again := ledgerOf(t, w), ledgerOf(t, w)
		if !slices.Equal(first, again) {
			rt.Fatalf("the ledgers differ:\n%s\n%s\n%s", but(first, again), but(again, first), w.script())
		}
	})
}

// but are the lines of one ledger that the other has not.
func but(lines, others []string) string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return slices.Contains(others, line) })
	return strings.Join(lines[:min(len(lines), 8)], "\n")
}

// settledAt is when a firing was settled, which the scheduler of goroutines decides.
var settledAt = regexp.MustCompile(` settled_at=\d+`)

func ledgerOf(t *testing.T, w world) []string {
	t.Helper()
	return livedThrough(t, w, func(l *life) []string {
		a, err := readAccount(l)
		if err != nil {
			return []string{err.Error()}
		}
		lines, err := told(l, a)
		if err != nil {
			lines = append(lines, fmt.Sprintf("exporting: %v", err))
		}
		lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, string(store.RecordFiring)+" ") })
		for i, line := range lines {
			lines[i] = settledAt.ReplaceAllString(line, "")
		}
		return lines
	})
}
