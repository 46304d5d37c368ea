package storetest

import (
	"errors"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// takeOverCases are about hosts that die, or seem to.
func takeOverCases() []SharedCase {
	return []SharedCase{
		{Name: "what a dead host executed is lost, and the host is fenced", test: takesOver},
		{Name: "a host that renews its lease is not taken over", test: takesOverNoOther},
		{Name: "a lease that ran out can be renewed until somebody takes over", test: ranOutRenews},
		{Name: "waiting runs survive a dead host and end with the last one", test: waitingSurvives},
		{Name: "a host that joins alone settles what the dead left open", test: joinsAlone},
		{Name: "a host that joins others settles what the dead executed", test: joinsOthers},
		{Name: "an attempt is ended by its host or lost, not both", test: endsOrIsLost},
		{Name: "hosts that take over at a time end each run once", test: takeOverOnce},
		{Name: "a host without a lease takes over nothing", test: takeOverIsFenced},
	}
}

// takeOver takes over, at minute n, until something was ended.
func (c *cluster) takeOver(m *member, n int) (ended []run.Run) {
	c.Helper()
	c.await("a lease ends", func() bool {
		var err error
		ended, err = m.shared.TakeOver(m.ctx, m.id, minute(n))
		m.check("taking over", err)
		return len(ended) > 0
	})
	return ended
}

func takesOver(c *cluster) {
	hosts := c.members(2)
	dead, heir := hosts[0], hosts[1]
	heir.create("s", "waits", "own")
	dead.claim(1, due("s", 1), waiting("waits", 1))
	dead.keep(entry(runID("s", 1), 1, 1))
	heir.claim(1, due("own", 1))
	want, _ := heir.run(runID("s", 1))
	want.State, want.Reason, want.EndedAt = run.Lost, run.ReasonHostDied, minute(9)
	dead.die()
	heir.settledAs(c.takeOver(heir, 9), want)
	equal(heir.fixture, "the counts", heir.counts().Runs, map[run.State]int64{run.Lost: 1, run.Waiting: 1, run.Running: 1})
	before := heir.dump()
	late := ending(runID("s", 1))
	late.HostID = dead.id
	done, err := dead.st.End(dead.ctx, late)
	dead.check("ending", err)
	equal(dead.fixture, "whether the late end was accepted", done, false)
	dead.keep(entry(runID("s", 1), 1, 2))
	_, err = dead.shared.Renew(dead.ctx, dead.id, report())
	dead.refused(err, store.ErrFenced, "")
	equal(dead.fixture, "the ledger", dead.dump(), before)
	dead.isFenced(dead.id)
	for _, h := range heir.hosts() {
		equal(heir.fixture, "whether the lease of "+h.ID+" is ended", !h.EndedAt.IsZero(), h.ID == dead.id)
	}
	equal(heir.fixture, "what is taken", runIDs(heir.take(10, 5)), []string{runID("waits", 1)})
}

func takesOverNoOther(c *cluster) {
	hosts := c.members(2)
	hosts[0].create("s")
	hosts[0].claim(1, due("s", 1))
	c.expire()
	ended, err := hosts[1].shared.TakeOver(hosts[1].ctx, hosts[1].id, minute(2))
	hosts[1].check("taking over", err)
	equal(hosts[1].fixture, "how many runs were ended", len(ended), 0)
	hosts[0].end(runID("s", 1), 3, run.Succeeded)
}

func ranOutRenews(c *cluster) {
	slow, other := c.dying("slow"), c.member("other")
	slow.create("s")
	slow.renew() // as the machine may have been slow until here
	slow.claim(1, due("s", 1))
	until := slow.renew().Until
	c.await("the lease runs out", func() bool { return other.renew().Now.After(until) })
	lease := slow.renew()
	if !lease.Until.After(until) || !lease.Until.After(lease.Now) {
		c.Errorf("the lease was extended from %v to %+v", until, lease)
	}
	slow.end(runID("s", 1), 2, run.Succeeded)
	slow.renew()
	equal(slow.fixture, "the answer to its next claim", slow.claim(3, due("s", 3)), []store.Claimed{ran(run.Running)})
	for _, h := range other.hosts() {
		if h.ID == slow.id {
			equal(other.fixture, "what it reports", h.Report, report())
			equal(other.fixture, "whether its lease is ended", h.EndedAt.IsZero(), true)
		}
	}
}

func waitingSurvives(c *cluster) {
	hosts := c.members(3)
	dead, left, last := hosts[0], hosts[1], hosts[2]
	last.create("s", "waits")
	dead.claim(1, due("s", 1), waiting("waits", 1))
	dead.die()
	c.takeOver(left, 9)
	equal(last.fixture, "the run that waits when its claimer is dead", last.state(runID("waits", 1)), run.Waiting)
	equal(last.fixture, "how many runs a host ends that is not the last", len(left.leave(left.id, 10)), 0)
	want, _ := last.run(runID("waits", 1))
	equal(last.fixture, "how many runs the last host ends", len(last.leave(last.id, 11)), 0)
	next := c.member("next")
	r, _ := last.run(want.ID)
	want.State, want.Reason, want.EndedAt = run.Cancelled, run.ReasonNeverStarted, r.EndedAt
	next.settledAs(next.joined.Ended, want)
	equal(last.fixture, "the counts", last.counts().Runs, map[run.State]int64{run.Lost: 1, run.Cancelled: 1})
}

// joinsAlone is about a cluster that died whole.
func joinsAlone(c *cluster) {
	hosts := c.members(2)
	hosts[0].create("s", "waits")
	hosts[0].claim(1, due("s", 1), waiting("waits", 1))
	hosts[0].die()
	hosts[1].die()
	c.expire()
	next := c.member("next")
	equal(next.fixture, "whether it is alone", next.joined.Alone, true)
	equal(next.fixture, "how many runs it ended", len(next.joined.Ended), 2)
	equal(next.fixture, "the counts", next.counts().Runs, map[run.State]int64{run.Lost: 1, run.Cancelled: 1})
	r, _ := next.run(runID("waits", 1))
	equal(next.fixture, "why the one that waited ended", r.Reason, run.ReasonNeverStarted)
	hosts[0].isFenced(hosts[0].id)
}

func joinsOthers(c *cluster) {
	hosts := c.members(2)
	hosts[1].create("s", "waits")
	hosts[0].claim(1, due("s", 1), waiting("waits", 1))
	hosts[0].die()
	c.expire()
	next := c.member("next")
	equal(next.fixture, "whether it is alone", next.joined.Alone, false)
	equal(next.fixture, "what it ended", runIDs(next.joined.Ended), []string{runID("s", 1)})
	equal(next.fixture, "the counts", next.counts().Runs, map[run.State]int64{run.Lost: 1, run.Waiting: 1})
}

// endsOrIsLost has a host that was suspended end its attempts while another
// takes over.
func endsOrIsLost(c *cluster) {
	const n = 100
	late, heir := c.member("late"), c.member("heir")
	heir.change(creations(n)...)
	claim := claimOf(late.id, n, 1)
	late.claim(1, claim.Due...)
	late.die()
	c.expire()
	ended, lost := make([]bool, n), map[string]bool{}
	together(n+1, func(i int) {
		if i == n/2 {
			all, err := heir.shared.TakeOver(heir.ctx, heir.id, minute(9))
			if err != nil {
				c.Error(err)
			}
			for _, r := range all {
				lost[r.ID] = true
			}
			return
		}
		if i > n/2 {
			i--
		}
		end := ending(claim.Due[i].RunID)
		end.HostID, end.State = late.id, run.Succeeded
		done, err := late.st.End(late.ctx, end)
		if err != nil {
			c.Error(err)
		}
		ended[i] = done
	})
	c.Logf("%d of %d were lost", len(lost), n)
	for i, d := range claim.Due {
		want := run.Succeeded
		if !ended[i] {
			want = run.Lost
		}
		r, attempts := heir.run(d.RunID)
		equal(heir.fixture, "the state of the run and its attempt", []any{r.State, attempts[0].State, lost[r.ID]}, []any{want, want, !ended[i]})
	}
	equal(heir.fixture, "the counts", heir.counts().Runs[run.Running], int64(0))
	equal(heir.fixture, "the counts of both", heir.counts().Runs[run.Lost], int64(len(lost)))
}

func takeOverOnce(c *cluster) {
	const n = 100
	hosts := c.members(4)
	dead := hosts[0]
	dead.change(creations(n)...)
	dead.claim(1, claimOf(dead.id, n, 1).Due...)
	dead.die()
	c.expire()
	heirs := hosts[1:]
	ended := make([][]run.Run, len(heirs))
	together(len(heirs), func(i int) {
		var err error
		if ended[i], err = heirs[i].shared.TakeOver(heirs[i].ctx, heirs[i].id, minute(9)); err != nil {
			c.Error(err)
		}
	})
	seen := map[string]int{}
	for _, some := range ended {
		for _, r := range some {
			seen[r.ID]++
		}
	}
	// One that found the lease locked by another has ended nothing.
	for len(seen) < n {
		for _, r := range c.takeOver(heirs[0], 9) {
			seen[r.ID]++
		}
	}
	for id, times := range seen {
		equal(heirs[0].fixture, fmt.Sprint("how often ", id, " was ended"), times, 1)
	}
	equal(heirs[0].fixture, "the counts", heirs[0].counts().Runs, map[run.State]int64{run.Lost: n})
}

func takeOverIsFenced(c *cluster) {
	m := c.member("host-1")
	for _, id := range []string{"absent", ""} {
		if _, err := m.shared.TakeOver(m.ctx, id, minute(1)); !errors.Is(err, store.ErrFenced) {
			c.Errorf("taking over as %q: got the error %v", id, err)
		}
		if _, err := m.shared.Renew(m.ctx, id, report()); !errors.Is(err, store.ErrFenced) {
			c.Errorf("renewing as %q: got the error %v", id, err)
		}
	}
	m.leave(m.id, 1)
	if _, err := m.shared.TakeOver(m.ctx, m.id, minute(2)); !errors.Is(err, store.ErrFenced) {
		c.Errorf("taking over after leaving: got the error %v", err)
	}
}
