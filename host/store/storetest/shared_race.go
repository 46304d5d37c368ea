package storetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func raceCases() []SharedCase {
	return []SharedCase{
		{Name: "what is claimed while schedules change is owed by the version it falls in", Large: true, test: claimsWhileChanged},
	}
}

// claimsWhileChanged has two hosts claim instants of schedules that two others
// change, with clocks that are minutes apart, and recomputes what each firing
// belongs to.
func claimsWhileChanged(c *cluster) {
	const schedules, rounds = 4, 150
	hosts := c.members(3)
	m := hosts[0]
	m.change(creations(schedules)...)
	together(3, func(h int) {
		for n := range rounds {
			if h == 2 {
				changeAny(c, hosts[2], schedules, n)
				continue
			}
			claim := claimOf(hosts[h].id, schedules, n)
			rand.Shuffle(schedules, func(i, j int) { claim.Due[i], claim.Due[j] = claim.Due[j], claim.Due[i] })
			if _, err := hosts[h].st.Claim(m.ctx, claim); err != nil {
				c.Errorf("claiming on %s: %v", hosts[h].id, err)
			}
		}
	})
	versions, outcomes := m.versions(time.Time{}), map[run.Outcome]int{}
	for i := range schedules {
		id := fmt.Sprint("s", i)
		for _, firing := range m.firings(id) {
			outcomes[firing.Outcome]++
			v := versionAt(versions, id, firing.DueAt)
			if v == nil || v.Version != firing.Version {
				c.Errorf("the firing of %s at %v belongs to version %d, and it falls in %+v", id, firing.DueAt, firing.Version, v)
			} else if !v.Started || v.Cron != "* * * * *" {
				c.Errorf("the firing of %s at %v is not owed by its version %+v", id, firing.DueAt, v)
			}
		}
	}
	c.Logf("%d versions; firings: %v", len(versions), outcomes)
}

// changeAny changes one schedule, about the instant that is being claimed.
func changeAny(c *cluster, h *member, schedules, n int) {
	s := a(fmt.Sprint("s", rand.IntN(schedules)))
	s.Started, s.Cron, s.Overlap = rand.IntN(3) > 0, "* * * * *", schedule.OverlapAllow
	if rand.IntN(4) == 0 {
		s.Cron = "@daily"
	}
	at := minute(n + rand.IntN(7) - 3)
	if _, err := h.st.Change(h.ctx, []store.Change{update(s, at)}); err != nil {
		c.Errorf("changing: %v", err)
	}
}

// versionAt is the latest version of a schedule that was in force at an instant.
func versionAt(versions []store.Version, id string, at time.Time) (found *store.Version) {
	for i, v := range versions {
		if v.ID == id && v.Since.Before(at) && (v.Until.IsZero() || !v.Until.Before(at)) {
			found = &versions[i]
		}
	}
	return found
}
