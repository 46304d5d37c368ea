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

// followed is a follow-up that is to be there for runs which ended in a certain way.
type followed struct {
	name   string
	starts string // the schedule; empty: an action
	on     func(run.State) bool
}

func succeeded(s run.State) bool { return s == run.Succeeded }

func failed(s run.State) bool { return s.Failure() }

func ended(s run.State) bool { return !s.Open() }

// checkFollowed sees that each run that has ended has the follow-ups that it should
// have, once, and no other run has any. Unfollowed must be empty.
func checkFollowed(t *testing.T, st store.Store, runs map[string]run.Run, follows map[string][]followed) {
	t.Helper()
	left, err := st.Unfollowed(t.Context(), store.MaxPage)
	if err != nil || len(left) > 0 {
		t.Errorf("%d runs are not followed yet, %v", len(left), err)
	}
	there := map[string]int{}
	for _, r := range runs {
		if r.ParentID != "" {
			there[childKey(r.ParentID, r.ScheduleID, r.Step)]++
		}
	}
	wanted := 0
	for _, parent := range runs {
		for _, f := range follows[parent.ScheduleID] {
			schedule, step := f.starts, ""
			if f.starts == "" {
				schedule, step = parent.ScheduleID, f.name
			}
			want := 0
			// What was not started, as its schedule was held, asks for nothing.
			if parent.Step == "" && parent.Reason != run.ReasonHeld && f.on(parent.State) {
				want = 1
			}
			wanted += want
			if got := there[childKey(parent.ID, schedule, step)]; got != want {
				t.Errorf("run %s of %s (%s %s, trigger %s, attempts %d) has %d runs for %s %s, want %d", parent.ID, parent.ScheduleID, parent.State, parent.Reason, parent.Trigger, parent.Attempts, got, f.name, f.starts, want)
			}
		}
	}
	t.Logf("%d follow-ups", wanted)
}

func childKey(parent, schedule, step string) string {
	return fmt.Sprint(parent, " ", schedule, " ", step)
}

// checkSlots sees that no more runs of a pool were executed at a time than it has
// slots.
func checkSlots(t *testing.T, runs map[string]run.Run, executed []execution, pool string, slots int) {
	t.Helper()
	type change struct {
		at time.Time
		by int
	}
	var changes []change
	for _, x := range executed {
		if runs[x.run].Pool == pool {
			changes = append(changes, change{x.begin, 1}, change{x.end, -1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.by - b.by // who leaves at an instant leaves room
	})
	now, most := 0, 0
	for _, c := range changes {
		if now += c.by; now > slots {
			t.Errorf("%d runs of pool %q were executed at %s, it has %d slots", now, pool, c.at, slots)
		}
		most = max(most, now)
	}
	if !testing.Short() && most < slots {
		t.Errorf("at most %d runs of pool %q were executed at a time: it tested nothing", most, pool)
	}
	t.Logf("%d executions in pool %q, at most %d at a time", len(changes)/2, pool, most)
}
