//go:build unix

package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// checkOverlap sees that no schedule that is to be alone was executed twice at a
// time. A process that was killed shows how long it surely lived, not how long it did.
func checkOverlap(t *testing.T, executed []execution, alone func(execution) bool) {
	t.Helper()
	latest := map[string]execution{} // of each schedule, the one that ended last so far
	checked := 0
	for _, x := range executed {
		before, found := latest[x.schedule]
		if !alone(x) {
			continue
		}
		if found && x.begin.Before(before.end) {
			t.Errorf("%s: run %s (%s) began %s before the end of run %s (%s)",
				x.schedule, x.run, x.process, before.end.Sub(x.begin), before.run, before.process)
		}
		if !found || x.end.After(before.end) {
			latest[x.schedule] = x
		}
		checked++
	}
	t.Logf("%d executions that may not overlap", checked)
}

// tolerated is how far the clock of the host that takes over may be off: it is
// measured over connections that are slow here.
const tolerated = chaosLease / 10

// checkTakenOver sees that nothing was executed any more when another host had
// called it lost.
func checkTakenOver(t *testing.T, runs map[string]run.Run, executed []execution) {
	t.Helper()
	lost := 0
	most := -time.Hour
	for _, x := range executed {
		r := runs[x.run]
		if r.Reason != run.ReasonHostDied {
			continue
		}
		lost++
		over := x.end.Sub(r.EndedAt)
		most = max(most, over)
		if over > tolerated {
			t.Errorf("run %s of %s (%s) went on for %s after it was taken over", x.run, x.schedule, x.process, over)
		}
	}
	if lost > 0 {
		t.Logf("%d executions were taken over, the closest %s after its end", lost, -most)
	}
}

// printTakeovers prints how long it took, after a host was killed, until the last
// of what it executed was called lost.
func printTakeovers(t *testing.T, st store.Store, runs map[string]run.Run, kills []kill) {
	t.Helper()
	hosts, err := st.Hosts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := lastLost(t, st, runs)
	var all, calm []time.Duration
	for _, k := range kills {
		at, found := last[lifeAt(hosts, k)]
		if !found || at.Before(k.at) {
			continue // it executed nothing
		}
		all = append(all, at.Sub(k.at))
		if k.calm {
			calm = append(calm, at.Sub(k.at))
		}
	}
	t.Logf("%d kills, lease %s; until the last attempt was called lost: %s; with the database and another host well: %s",
		len(kills), chaosLease, spread(all), spread(calm))
}

// spread says how long things took.
func spread(took []time.Duration) string {
	if len(took) == 0 {
		return "none"
	}
	slices.Sort(took)
	return fmt.Sprintf("%d, p50 %s, max %s", len(took), took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

// lastLost is when, for each life of a host, the last of its attempts was called
// lost by another.
func lastLost(t *testing.T, st store.Store, runs map[string]run.Run) map[string]time.Time {
	t.Helper()
	last := map[string]time.Time{}
	for id, r := range runs {
		if r.Reason != run.ReasonHostDied {
			continue
		}
		_, attempts, err := st.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range attempts {
			if a.Reason == run.ReasonHostDied && a.EndedAt.After(last[a.HostID]) {
				last[a.HostID] = a.EndedAt
			}
		}
	}
	return last
}

// lifeAt is the id under which a host had joined last when it was killed.
func lifeAt(hosts []store.Host, k kill) string {
	id, joined := "", time.Time{}
	for _, h := range hosts {
		if h.Name == k.host.name && h.JoinedAt.Before(k.at) && h.JoinedAt.After(joined) {
			id, joined = h.ID, h.JoinedAt
		}
	}
	return id
}
