package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// contestCases are about what several hosts want at once and one gets.
func contestCases() []SharedCase {
	return []SharedCase{
		{Name: "thousands of firings are won once by two hosts at a time", Large: true, test: hostsWinOnce},
		{Name: "a waiting run is taken by one of two hosts", Large: true, test: hostsTakeOnce},
		{Name: "an overlap is skipped when two hosts claim at a time", test: hostsSkipOverlap},
		{Name: "an idempotency key makes one run for many hosts at a time", test: hostsMakeOne},
		{Name: "an id is created once by many hosts at a time", test: hostsCreateOnce},
		{Name: "hosts join at a time", test: hostsJoin},
		{Name: "what is settled is that of the host that went furthest", test: hostsSettle},
	}
}

// hostsWinOnce has two hosts claim the same firings, the second in another
// order.
func hostsWinOnce(c *cluster) {
	const n, rounds = 5000, 3
	hosts := c.members(2)
	m := hosts[0]
	m.change(creations(n)...)
	for round := range rounds {
		var winners sync.Map
		won := make([]atomic.Int32, len(hosts))
		together(len(hosts), func(h int) {
			claim := claimOf(hosts[h].id, n, round)
			if h == 1 {
				rand.Shuffle(n, func(i, j int) { claim.Due[i], claim.Due[j] = claim.Due[j], claim.Due[i] })
			}
			got, err := hosts[h].st.Claim(m.ctx, claim)
			if err != nil {
				c.Errorf("claiming on %s: %v", hosts[h].id, err)
			}
			for i := range got {
				if !got[i].Won {
					continue
				}
				won[h].Add(1)
				if other, twice := winners.LoadOrStore(claim.Due[i].ScheduleID, hosts[h].id); twice {
					c.Errorf("the firing of %s was won by %s and %v", claim.Due[i].ScheduleID, hosts[h].id, other)
				}
			}
		})
		c.Logf("round %d: won %d and %d", round+1, won[0].Load(), won[1].Load())
		equal(m.fixture, "how many were won", won[0].Load()+won[1].Load(), int32(n))
		total := int64(n * (round + 1))
		equal(m.fixture, "the counts", m.counts(), store.Counts{
			Firings: map[run.Outcome]int64{run.Ran: total}, Runs: map[run.State]int64{run.Running: total},
		})
		for i := 0; i < n; i += 97 {
			id := fmt.Sprint("s", i)
			firing := m.firings(id)[round]
			r, attempts := m.run(firing.RunID)
			winner, _ := winners.Load(id)
			equal(m.fixture, "whose its attempt is", []any{r.ScheduleID, attempts[0].HostID}, []any{id, winner})
		}
	}
}

// claimOf is a claim of minute n of the schedules s0 and on, whose runs are the
// host's.
func claimOf(id string, schedules, n int) store.Claim {
	claim := store.Claim{HostID: id, At: minute(n), Until: minute(n)}
	for i := range schedules {
		d := due(fmt.Sprint("s", i), n)
		d.RunID, d.Overlap = d.RunID+" of "+id, schedule.OverlapAllow
		claim.Due = append(claim.Due, d)
	}
	return claim
}

func hostsTakeOnce(c *cluster) {
	const n = 600
	hosts := c.members(3)
	m := hosts[0]
	m.create("a", "b")
	m.waitingMany(n/2, "a", "b")
	var takers sync.Map
	together(len(hosts), func(h int) {
		for {
			got, err := hosts[h].st.Take(m.ctx, store.Take{HostID: hosts[h].id, At: minute(n), Plugin: "qlik", Limit: 7})
			if err != nil {
				c.Errorf("taking on %s: %v", hosts[h].id, err)
			}
			if len(got) == 0 {
				return
			}
			for _, r := range got {
				if other, twice := takers.LoadOrStore(r.ID, hosts[h].id); twice {
					c.Errorf("run %s was taken by %s and %v", r.ID, hosts[h].id, other)
				}
			}
		}
	})
	// A host that found all runs locked by others has stopped early.
	for left := m.take(n, 100); len(left) > 0; left = m.take(n, 100) {
		for _, r := range left {
			takers.Store(r.ID, m.id)
		}
	}
	equal(m.fixture, "the counts", m.counts().Runs, map[run.State]int64{run.Running: n})
	takers.Range(func(id, taker any) bool {
		_, attempts := m.run(id.(string))
		equal(m.fixture, "the attempts", attempts, []run.Attempt{{
			RunID: id.(string), Number: 1, HostID: taker.(string), State: run.Running, StartedAt: minute(n),
		}})
		return true
	})
}

// hostsSkipOverlap has two hosts claim different instants of the same schedules,
// in opposite orders: one of each pair runs.
func hostsSkipOverlap(c *cluster) {
	const schedules, rounds = 20, 30
	hosts := c.members(2)
	m := hosts[0]
	m.change(creations(schedules)...)
	for round := range rounds {
		claims := []store.Claim{claimOf(hosts[0].id, schedules, 2*round), claimOf(hosts[1].id, schedules, 2*round+1)}
		answers := make([][]store.Claimed, 2)
		together(2, func(h int) {
			for i := range claims[h].Due {
				claims[h].Due[i].Overlap = schedule.OverlapSkip
			}
			if h == 1 {
				slices.Reverse(claims[h].Due)
			}
			var err error
			if answers[h], err = hosts[h].st.Claim(m.ctx, claims[h]); err != nil {
				c.Errorf("claiming on %s: %v", hosts[h].id, err)
			}
		})
		if c.Failed() {
			return
		}
		ran := map[string]int{}
		for h := range hosts {
			for i, d := range claims[h].Due {
				equal(m.fixture, "whether it was won", answers[h][i].Won, true)
				if answers[h][i].Outcome == run.Ran {
					ran[d.ScheduleID]++
					hosts[h].end(d.RunID, 100, run.Succeeded)
				}
			}
		}
		for i := range schedules {
			equal(m.fixture, fmt.Sprint("how many of s", i, " ran in round ", round), ran[fmt.Sprint("s", i)], 1)
		}
	}
}

func hostsMakeOne(c *cluster) {
	hosts := c.members(3)
	m := hosts[0]
	m.create("s")
	for round := range 10 {
		var made atomic.Int32
		ids := make([]string, 12)
		together(len(ids), func(i int) {
			h := hosts[i%len(hosts)]
			asked := h.asked(fmt.Sprint("r", round, "-", i), "s")
			asked.Run.IdempotencyKey = fmt.Sprint("key ", round)
			r, first, err := h.st.Trigger(m.ctx, asked)
			if err != nil {
				c.Errorf("triggering on %s: %v", h.id, err)
			}
			if ids[i] = r.ID; first {
				made.Add(1)
			}
		})
		equal(m.fixture, "how many were made", made.Load(), int32(1))
		for _, id := range ids {
			equal(m.fixture, "the run that is returned", id, ids[0])
		}
	}
}

func hostsCreateOnce(c *cluster) {
	hosts := c.members(3)
	m := hosts[0]
	for round := range 10 {
		var made atomic.Int32
		together(9, func(i int) {
			_, err := hosts[i%len(hosts)].st.Change(m.ctx, []store.Change{create(a(fmt.Sprint("s", round)), minute(0))})
			if err == nil {
				made.Add(1)
			} else if !errors.Is(err, store.ErrExists) {
				c.Errorf("creating: %v", err)
			}
		})
		equal(m.fixture, "how often it was created", made.Load(), int32(1))
	}
	equal(m.fixture, "how many there are", len(m.schedules()), 10)
}

func hostsJoin(c *cluster) {
	const n = 10
	first := c.member("host-1")
	equal(first.fixture, "whether the first is alone", first.joined.Alone, true)
	first.create("waits")
	first.claim(1, waiting("waits", 1))
	stores := make([]store.Store, n)
	for i := range stores {
		stores[i] = c.open(c.T)
		c.Cleanup(func() { first.check("closing", stores[i].Close()) })
	}
	together(n, func(i int) {
		joined, err := stores[i].Join(first.ctx, store.Host{ID: fmt.Sprint("more-", i), Name: "m"})
		if err != nil || joined.Alone || len(joined.Ended) > 0 {
			c.Errorf("joining: %+v, %v", joined, err)
		}
		if l := joined.Lease; l.For <= 0 || l.Now.IsZero() || !l.Until.After(l.Now) {
			c.Errorf("the lease is %+v", l)
		}
	})
	equal(first.fixture, "how many are listed", len(first.hosts()), n+1)
	equal(first.fixture, "the run that waits", first.state(runID("waits", 1)), run.Waiting)
}

func hostsSettle(c *cluster) {
	hosts := c.members(2)
	a, b := hosts[0], hosts[1]
	a.claim(9)
	b.claim(5)
	b.settled(minute(9))
	b.check("settling", b.st.Settled(b.ctx, b.id, minute(12)))
	a.settled(minute(12))
	b.claim(7)
	a.settled(minute(9))
	a.leave(a.id, 20)
	b.settled(minute(9))
	b.claim(10)
	b.settled(minute(10))
}
