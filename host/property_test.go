package host_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestWorlds lives through worlds of random schedules, policies and mishaps, and holds
// the ledgers to what was owed and what the plugin saw. More of them:
//
//	go test ./host -run TestWorlds -rapid.checks 5000
//
// What fails is printed with its script; -rapid.seed repeats it.
func TestWorlds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		if found := livedThrough(t, w, check); len(found) > 0 {
			rt.Fatalf("%s\n%s", strings.Join(found[:min(len(found), 12)], "\n"), w.script())
		}
	})
}

// livedThrough lives a world through in a bubble of its own, and returns what is wrong
// with it: as a value, for a failure of t would be final.
func livedThrough(t *testing.T, w world, judge func(*life) []string) (found []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, err := newLife(t, w)
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(l.dir)
		defer l.ledger.Close()
		if err := l.live(); err != nil {
			t.Log(err)
			found = append(found, fmt.Sprintf("living: %v", err))
			if l.host != nil {
				l.fall(true)
				time.Sleep(time.Minute)
			}
		}
		found = append(found, judge(l)...)
	})
	return found
}
