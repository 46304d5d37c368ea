package storetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"butlerd/host/run"
	"butlerd/host/store"
)

// newsCases are about what a host sees of what others did.
func newsCases() []SharedCase {
	return []SharedCase{
		{Name: "news tell the schedules that are new, changed or gone", test: newsOfSchedules},
		{Name: "news of all tell the schedules in force", test: newsOfAll},
		{Name: "news miss no change of many writers", Large: true, test: newsMissNothing},
		{Name: "news tell what waits", test: newsOfWaiting},
		{Name: "a cancel goes to the host that executes the run, once", test: cancelGoes},
		{Name: "a drain goes to the host that is named", test: drainGoes},
		{Name: "an order to nobody is refused", test: orderIsRefused},
	}
}

func newsOfSchedules(c *cluster) {
	hosts := c.members(2)
	reader, writer := hosts[0], hosts[1]
	writer.create("old", "other")
	first := reader.news(0)
	equal(reader.fixture, "the schedules at first", byID(first.Changed), byID(writer.schedules()))
	same := reader.news(first.Revision)
	equal(reader.fixture, "what is new when nothing happened", []int{len(same.Changed), len(same.Deleted)}, []int{0, 0})
	equal(reader.fixture, "the revision when nothing happened", same.Revision, first.Revision)
	made := writer.change(create(a("new"), minute(1)), update(a("old"), minute(1)), create(a("brief"), minute(1)))
	writer.change(remove("other", minute(2)), remove("brief", minute(2)))
	again := writer.change(remove("old", minute(3)), create(a("old"), minute(3)))[1]
	for range 2 { // they are told as often as they are asked for
		next := reader.news(first.Revision)
		equal(reader.fixture, "what has changed", byID(next.Changed), byID([]store.Schedule{made[0], again}))
		gone := slices.DeleteFunc(slices.Clone(next.Deleted), func(id string) bool { return id == "brief" })
		equal(reader.fixture, "what is gone", gone, []string{"other"}) // and what came and went may be told
		if next.Revision <= first.Revision {
			c.Errorf("the revision went from %d to %d", first.Revision, next.Revision)
		}
		last := reader.news(next.Revision)
		equal(reader.fixture, "what is new then", []int{len(last.Changed), len(last.Deleted)}, []int{0, 0})
	}
}

func byID(all []store.Schedule) map[string]store.Schedule {
	m := map[string]store.Schedule{}
	for _, s := range all {
		m[s.ID] = s
	}
	return m
}

func newsOfAll(c *cluster) {
	hosts := c.members(2)
	equal(hosts[0].fixture, "how many there are at first", len(hosts[0].news(0).Changed), 0)
	hosts[1].create("a", "b", "c")
	hosts[1].change(remove("b", minute(0)), update(a("c"), minute(0)))
	equal(hosts[0].fixture, "the schedules", byID(hosts[0].news(0).Changed), byID(hosts[1].schedules()))
}

// newsMissNothing has a reader follow twenty writers, whose transactions end in
// another order than they begin.
func newsMissNothing(c *cluster) {
	const writers, changes = 20, 15
	hosts := c.members(4)
	reader := hosts[0]
	seen, since := map[string]store.Schedule{}, int64(0)
	follow := func() {
		n := reader.news(since)
		for _, id := range n.Deleted {
			delete(seen, id)
		}
		maps.Copy(seen, byID(n.Changed))
		since = n.Revision
	}
	done := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				follow()
			}
		}
	})
	together(writers, func(w int) {
		h := hosts[1+w%3]
		for n := range changes {
			id := fmt.Sprint("s", w, "-", n/3)
			change := []store.Change{create(a(id), minute(n)), update(a(id), minute(n)), remove(id, minute(n))}[n%3]
			if n/3%2 == 0 && n%3 == 2 {
				change = update(a(id), minute(n)) // it stays
			}
			if _, err := h.st.Change(h.ctx, []store.Change{change}); err != nil {
				c.Errorf("changing %s: %v", id, err)
			}
		}
	})
	close(done)
	following.Wait()
	follow()
	equal(reader.fixture, "what was seen", seen, byID(reader.schedules()))
	equal(reader.fixture, "how many there are", len(seen), writers*3)
}

func newsOfWaiting(c *cluster) {
	hosts := c.members(2)
	hosts[1].create("s")
	equal(hosts[0].fixture, "how many wait at first", len(hosts[0].news(0).Waiting), 0)
	hosts[1].waitingMany(4, "s")
	equal(hosts[0].fixture, "how many wait", hosts[0].news(0).Waiting, map[string]int{"qlik": 4})
	hosts[0].take(5, 3)
	equal(hosts[1].fixture, "how many wait then", hosts[1].news(0).Waiting, map[string]int{"qlik": 1})
}

// orders are those that a host sees, as a kind and a run.
func (m *member) orders() [][2]string {
	m.Helper()
	var all [][2]string
	for _, o := range m.news(0).Orders {
		all = append(all, [2]string{string(o.Kind), o.RunID})
	}
	return all
}

func cancelGoes(c *cluster) {
	hosts := c.members(3)
	executes, asks, other := hosts[0], hosts[1], hosts[2]
	asks.create("s", "other")
	asks.claim(1, waiting("s", 1)) // who executes it is not who claimed it
	executes.take(2, 1)
	other.claim(2, due("other", 2))
	asks.check("ordering", asks.shared.Order(asks.ctx, store.Order{Kind: store.OrderCancel, RunID: runID("s", 1)}))
	equal(other.fixture, "what another host is asked for", len(other.orders()), 0)
	equal(asks.fixture, "what the host that asks is asked for", len(asks.orders()), 0)
	equal(executes.fixture, "what the host that executes is asked for", executes.orders(), [][2]string{{"cancel", runID("s", 1)}})
	equal(executes.fixture, "what it is asked for again", len(executes.orders()), 0)
	equal(asks.fixture, "the state of the run", asks.state(runID("s", 1)), run.Running)
}

func drainGoes(c *cluster) {
	hosts := c.members(2)
	for _, kind := range []store.OrderKind{store.OrderDrain, store.OrderResume} {
		hosts[0].check("ordering", hosts[0].shared.Order(hosts[0].ctx, store.Order{Kind: kind, HostID: hosts[1].id}))
	}
	equal(hosts[0].fixture, "what another is asked for", len(hosts[0].orders()), 0)
	equal(hosts[1].fixture, "what it is asked for, in order", hosts[1].orders(), [][2]string{{"drain", ""}, {"resume", ""}})
	equal(hosts[1].fixture, "what it is asked for again", len(hosts[1].orders()), 0)
}

func orderIsRefused(c *cluster) {
	hosts := c.members(2)
	m, left := hosts[0], hosts[1]
	m.create("s", "waits", "ended")
	m.claim(1, waiting("waits", 1), due("ended", 1))
	m.end(runID("ended", 1), 2, run.Succeeded)
	left.leave(left.id, 3)
	for _, o := range []store.Order{
		{Kind: store.OrderCancel, RunID: "absent"},
		{Kind: store.OrderCancel, RunID: runID("waits", 1)},
		{Kind: store.OrderCancel, RunID: runID("ended", 1)},
		{Kind: store.OrderDrain, HostID: "absent"},
		{Kind: store.OrderDrain, HostID: left.id},
		{Kind: store.OrderResume, HostID: ""},
	} {
		m.refused(m.shared.Order(m.ctx, o), store.ErrNotFound, o.RunID+o.HostID)
	}
	if err := m.shared.Order(m.ctx, store.Order{Kind: "nonsense", HostID: m.id}); err == nil {
		c.Error("an order of nothing is accepted")
	}
	equal(m.fixture, "what it is asked for", len(m.orders()), 0)
}
