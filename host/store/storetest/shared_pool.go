package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// policyCases are about policies that hold over several hosts.
func policyCases() []SharedCase {
	return []SharedCase{
		{Name: "a pool is never taken beyond its slots by hosts at a time", Large: true, test: hostsShareAPool},
		{Name: "one of a queue runs at a time, and no more wait than may", Large: true, test: hostsQueue},
		{Name: "one run is left of those that hosts have replace each other", Large: true, test: hostsReplace},
		{Name: "a run that waits too long is given up by one of several hosts", test: hostsExpire},
		{Name: "what is to be followed is seen by every host", test: hostsFollow},
		{Name: "a hold counts on every host", test: hostsHold},
		{Name: "a lost attempt is resumed on another host", test: hostsResume},
		{Name: "hosts prune at a time", test: hostsPrune},
	}
}

func hostsShareAPool(c *cluster) {
	const n, slots = 120, 3
	hosts := c.members(3)
	m := hosts[0]
	m.create("s", "t")
	var all []store.Due
	for i := range n {
		d := pooled("p", []string{"s", "t"}[i%2], i)
		d.Plugin = []string{"qlik", "http"}[i/2%2]
		all = append(all, d)
	}
	m.claim(n, all...)
	var running, most, ended atomic.Int32
	ends := time.Now().Add(patience)
	together(2*len(hosts), func(i int) {
		h := hosts[i/2]
		for ended.Load() < n && time.Now().Before(ends) && !c.Failed() {
			for _, r := range h.takeOf([]string{"qlik", "http"}[i%2], n, 2, map[string]int{"p": slots}) {
				now := running.Add(1)
				for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
				}
				running.Add(-1) // before the slot is free: what is counted is never too much
				h.end(r.ID, n+1, run.Succeeded)
				ended.Add(1)
			}
		}
	})
	equal(m.fixture, "how many have ended", ended.Load(), int32(n))
	if most.Load() > slots {
		c.Errorf("%d ran at a time, where there are %d slots", most.Load(), slots)
	}
	c.poolAtOnce(hosts, slots)
}

// poolAtOnce has all hosts take of a pool at the same time, and nothing end.
func (c *cluster) poolAtOnce(hosts []*member, slots int) {
	c.Helper()
	m, pools := hosts[0], map[string]int{}
	for round := range 10 {
		id := fmt.Sprint("at once ", round)
		pools[id] = slots // beside those of the rounds before, which are full
		m.create(id)
		var all []store.Due
		for n := range 4 * slots {
			all = append(all, pooled(id, id, n))
		}
		m.claim(100, all...)
		var taken atomic.Int32
		together(4*len(hosts), func(i int) {
			taken.Add(int32(len(hosts[i%len(hosts)].takeOf("qlik", 100, 2, pools))))
		})
		if taken.Load() > int32(slots) || taken.Load() == 0 {
			c.Errorf("%d runs were taken at a time, where there are %d slots", taken.Load(), slots)
		}
	}
}

func hostsQueue(c *cluster) {
	const rounds, limit = 60, 2
	hosts := c.members(3)
	m := hosts[0]
	m.create("s")
	var running, queued, full atomic.Int32
	together(len(hosts), func(h int) {
		for n := range rounds {
			d := over(schedule.OverlapQueue, "s", len(hosts)*n+h)
			d.QueueLimit = limit
			got := hosts[h].claim(rounds*len(hosts), d)[0]
			switch {
			case got.Reason == run.ReasonQueue:
				full.Add(1)
			case got.State == run.Waiting:
				queued.Add(1)
			}
			var ids []string
			if got.State == run.Running {
				ids = append(ids, d.RunID)
			}
			ids = append(ids, runIDs(hosts[h].take(rounds*len(hosts), 5))...)
			for _, id := range ids {
				if now := running.Add(1); now > 1 {
					c.Errorf("%d run at a time", now)
				}
				running.Add(-1)
				hosts[h].end(id, 500, run.Succeeded)
			}
			if waits := m.waiting()["qlik"]; waits > limit {
				c.Errorf("%d wait", waits)
			}
		}
	})
	c.Logf("%d were queued, %d found the queue full", queued.Load(), full.Load())
	equal(m.fixture, "how many firings there are", len(m.settlements(store.SettlementQuery{})), rounds*len(hosts))
}

func hostsReplace(c *cluster) {
	const rounds = 30
	hosts := c.members(3)
	m := hosts[0]
	m.create("s")
	for round := range rounds {
		var runs atomic.Int32
		together(len(hosts), func(h int) {
			d := over(schedule.OverlapReplace, "s", len(hosts)*round+h)
			if hosts[h].claim(1000, d)[0].State == run.Running {
				runs.Add(1)
			}
		})
		open := m.allRuns(store.RunQuery{States: []run.State{run.Waiting, run.Running}})
		waits := 0
		for _, r := range open {
			if r.State == run.Waiting {
				waits++
			}
		}
		if waits != 1 || len(open)-waits > 1 || runs.Load() > 1 {
			c.Errorf("in round %d are open: %v", round, runIDs(open))
		}
		if round%3 == 0 {
			for _, r := range open {
				if _, attempts := m.run(r.ID); r.State == run.Running {
					done, err := m.st.End(m.ctx, store.AttemptEnd{
						RunID: r.ID, Number: len(attempts), HostID: attempts[len(attempts)-1].HostID, At: minute(1001), State: run.Cancelled,
					})
					if err != nil || !done {
						c.Errorf("ending: %v, %v", done, err)
					}
				}
			}
			equal(m.fixture, "how many are taken", len(m.take(1002, 5)), 1)
		}
	}
}

func hostsExpire(c *cluster) {
	const n = 40
	hosts := c.members(3)
	m := hosts[0]
	m.create("s")
	var all []store.Due
	for i := range n {
		all = append(all, patient("s", i, 1))
	}
	m.claim(n, all...)
	next, err := hosts[1].queue().NextAt(m.ctx, minute(n))
	m.check("asking when", err)
	equal(m.fixture, "when something is to be done", next, minute(n+1))
	var ended atomic.Int32
	together(len(hosts), func(h int) { ended.Add(int32(len(hosts[h].expire(n + 1)))) })
	equal(m.fixture, "how many were given up", ended.Load(), int32(n))
	equal(m.fixture, "the counts", m.counts().Runs, map[run.State]int64{run.Cancelled: n})
}

func hostsFollow(c *cluster) {
	hosts := c.members(2)
	m := hosts[0]
	m.create("s")
	m.claim(1, followed("s", 1))
	m.end(runID("s", 1), 2, run.Failed)
	equal(m.fixture, "what another host sees", runIDs(hosts[1].unfollowed()), []string{runID("s", 1)})
	m.check("following", hosts[1].queue().Followed(m.ctx, []string{runID("s", 1)}))
	equal(m.fixture, "what there is then", len(m.unfollowed()), 0)
}

// hostsHold has one host hold a schedule while another claims its instants: those
// that are behind the hold's beginning are held, and no others.
func hostsHold(c *cluster) {
	const rounds = 40
	hosts := c.members(2)
	m := hosts[0]
	m.create("s")
	var h store.Hold
	together(2, func(i int) {
		if i == 1 {
			h = hosts[1].hold(store.Hold{ID: "h", ScheduleID: "s", Reason: "r", Since: minute(3)})
			return
		}
		for n := range rounds {
			m.claim(n, over(schedule.OverlapAllow, "s", n))
		}
	})
	for _, x := range m.firings("s") {
		equal(m.fixture, "whether "+x.DueAt.Format("15:04")+" is held", x.Reason == run.ReasonHeld, h.InForce(x.DueAt))
	}
}

func hostsResume(c *cluster) {
	hosts := c.members(2)
	dead, heir := hosts[0], hosts[1]
	dead.create("s", "t")
	resumed, retried := due("s", 1), due("t", 1)
	resumed.OnLost = store.OnLostResume
	retried.OnLost, retried.Attempts, retried.LostWait = store.OnLostRetry, 2, 5*time.Minute
	dead.claim(1, resumed, retried)
	dead.checkpoint(resumed.RunID, 1, `{"session":"x"}`)
	dead.die()
	ended := c.takeOver(heir, 9)
	equal(heir.fixture, "how many were settled", len(ended), 2)
	got := heir.take(10, 9)
	equal(heir.fixture, "what is taken", runIDs(got), []string{resumed.RunID})
	equal(heir.fixture, "what it looks for", got[0].Resume, 1)
	_, attempts := heir.run(resumed.RunID)
	equal(heir.fixture, "what was noted", string(attempts[0].Checkpoint), `{"session":"x"}`)
	equal(heir.fixture, "what is taken later", runIDs(heir.take(14, 9)), []string{retried.RunID})
}

func hostsPrune(c *cluster) {
	hosts := c.members(3)
	m := hosts[0]
	m.create("s")
	for n := range 60 {
		m.ended("s", n)
	}
	var runs, firings atomic.Int64
	together(len(hosts), func(h int) {
		gone := hosts[h].pruneAll(41, 7)
		runs.Add(gone.Runs)
		firings.Add(gone.Firings)
	})
	equal(m.fixture, "how much is deleted", []int64{runs.Load(), firings.Load()}, []int64{40, 41})
	equal(m.fixture, "how many runs are left", m.counts().Runs, map[run.State]int64{run.Succeeded: 20})
	equal(m.fixture, "since when all is kept", hosts[1].keptSince(), minute(41))
}
