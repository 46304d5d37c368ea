package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func changeCases() []Case {
	return []Case{
		{Name: "a created schedule comes back as it was given", test: createdComesBack},
		{Name: "schedules come in the order they were created", test: orderOfCreation},
		{Name: "an update makes the next version and keeps the time of creation", test: updateKeepsCreation},
		{Name: "a deleted schedule is returned as it was and is gone", test: deleteReturnsOld},
		{Name: "versions go on after a deletion", test: versionsGoOn},
		{Name: "a change that cannot be made undoes those beside it", test: allOrNothing},
		{Name: "a change that was made from another version is refused", test: changeOfAnotherVersion},
		{Name: "changes of one schedule in one call follow each other", test: changesFollow},
		{Name: "an id is created once by many at a time", test: createdOnce},
		{Name: "a change that fails leaves those of other callers alone", test: neighboursUnharmed},
		{Name: "a change settles what it is given and was not settled", test: changeSettles},
		{Name: "a change takes effect no earlier than what is settled", test: changeAfterSettled},
		{Name: "a schedule that is created again takes effect no earlier than what is settled", test: createdAfterSettled},
		{Name: "versions follow each other when the clock was set back", test: changesWhenSetBack},
		{Name: "changes in one call take effect no earlier than what those before them settle", test: changesFollowSettled},
		{Name: "thousands of schedules are created in one call", Large: true, test: createdMany},
	}
}

func changeOfAnotherVersion(f *fixture) {
	f.create("s")
	f.change(update(a("s"), minute(1)))
	before := f.dump()
	for _, c := range []store.Change{update(a("s"), minute(2)), remove("s", minute(2))} {
		c.Base = 1
		_, err := f.st.Change(f.ctx, []store.Change{c})
		f.refused(err, store.ErrStale, `"s"`)
	}
	equal(f, "the ledger", f.dump(), before)
	c := update(a("s"), minute(3))
	c.Base = 2
	equal(f, "the version", f.change(c)[0].Version, int64(3))
	c.Kind, c.Base = store.Delete, 3
	f.change(c)
}

func createdComesBack(f *fixture) {
	s := a("s")
	s.Extra = map[string]json.RawMessage{"startupState": json.RawMessage(`"started"`), "x": json.RawMessage(`{"y":[1,2.50,null]}`)}
	got := f.change(create(s, minute(0)))
	s.Version, s.Since = 1, minute(0)
	equal(f, "the answer", got, []store.Schedule{s})
	equal(f, "the schedules", f.schedules(), []store.Schedule{s})
}

func orderOfCreation(f *fixture) {
	f.create("c", "a", "b")
	f.create("0")
	f.change(update(a("a"), minute(1)))
	f.change(remove("c", minute(2)))
	f.create("c")
	equal(f, "the order", ids(f.schedules()), []string{"a", "b", "0", "c"})
}

func updateKeepsCreation(f *fixture) {
	f.create("s")
	s := a("s")
	s.Name, s.Started, s.CreatedAt = "another", false, minute(9)
	got := f.change(update(s, minute(10)))
	s.Version, s.Since, s.CreatedAt = 2, minute(10), minute(-10)
	equal(f, "the answer", got, []store.Schedule{s})
	equal(f, "the schedules", f.schedules(), []store.Schedule{s})
}

func deleteReturnsOld(f *fixture) {
	f.create("s")
	want := f.change(update(a("s"), minute(1)))
	equal(f, "the answer", f.change(remove("s", minute(2))), want)
	equal(f, "the schedules", len(f.schedules()), 0)
}

func versionsGoOn(f *fixture) {
	f.create("s")
	f.change(update(a("s"), minute(1)))
	f.change(remove("s", minute(2)))
	equal(f, "the version", f.change(create(a("s"), minute(3)))[0].Version, int64(3))
	f.change(remove("s", minute(4)))
	equal(f, "the version", f.change(create(a("s"), minute(5)))[0].Version, int64(4))
}

func allOrNothing(f *fixture) {
	f.create("s", "other")
	good := update(a("other"), minute(1))
	good.Settle = []run.Firing{{ScheduleID: "other", DueAt: minute(1), Outcome: run.Skipped, SettledAt: minute(1)}}
	before := f.dump()
	for name, r := range map[string]struct {
		changes []store.Change
		kind    error
		id      string
	}{
		"an id that is taken":          {[]store.Change{good, create(a("s"), minute(1))}, store.ErrExists, "s"},
		"an id that is taken, first":   {[]store.Change{create(a("s"), minute(1)), good}, store.ErrExists, "s"},
		"an id that is created twice":  {[]store.Change{good, create(a("new"), minute(1)), create(a("new"), minute(1))}, store.ErrExists, "new"},
		"an update of none":            {[]store.Change{good, update(a("none"), minute(1))}, store.ErrNotFound, "none"},
		"a deletion of none":           {[]store.Change{remove("none", minute(1)), good}, store.ErrNotFound, "none"},
		"a deletion twice":             {[]store.Change{good, remove("s", minute(1)), remove("s", minute(1))}, store.ErrNotFound, "s"},
		"an update after the deletion": {[]store.Change{remove("s", minute(1)), good, update(a("s"), minute(1))}, store.ErrNotFound, "s"},
	} {
		_, err := f.st.Change(f.ctx, r.changes)
		f.refused(err, r.kind, `"`+r.id+`"`)
		equal(f, "the ledger after "+name, f.dump(), before)
	}
}

func changesFollow(f *fixture) {
	s := a("s")
	got := f.change(create(s, minute(1)), update(s, minute(2)), remove("s", minute(3)), create(s, minute(4)))
	var versions []int64
	for _, s := range got {
		versions = append(versions, s.Version)
	}
	equal(f, "the versions", versions, []int64{1, 2, 2, 3})
	equal(f, "the schedules", f.schedules(), got[3:])
}

func createdOnce(f *fixture) {
	var made, refused atomic.Int32
	together(8, func(int) {
		switch _, err := f.st.Change(f.ctx, []store.Change{create(a("s"), minute(0))}); {
		case err == nil:
			made.Add(1)
		case errors.Is(err, store.ErrExists):
			refused.Add(1)
		default:
			f.Error(err)
		}
	})
	equal(f, "made and refused", []int32{made.Load(), refused.Load()}, []int32{1, 7})
}

func neighboursUnharmed(f *fixture) {
	f.create("taken")
	together(40, func(i int) {
		id := fmt.Sprint("s", i)
		if i%2 == 0 {
			id = "taken"
		}
		_, err := f.st.Change(f.ctx, []store.Change{create(a(id), minute(0))})
		if errors.Is(err, store.ErrExists) != (i%2 == 0) {
			f.Errorf("creating %s: %v", id, err)
		}
	})
	equal(f, "the number of schedules", len(f.schedules()), 21)
}

func changeSettles(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	firing := run.Firing{
		ScheduleID: "s", DueAt: minute(1), Outcome: run.Skipped, Reason: run.ReasonStopped, Version: 1, SettledAt: minute(3),
	}
	later := firing
	later.DueAt = minute(2)
	c := update(a("s"), minute(3))
	c.Settle = []run.Firing{firing, later}
	f.change(c)
	got := f.firings("s")
	equal(f, "the number of firings", len(got), 2)
	equal(f, "the one that was claimed", got[0].Outcome, run.Ran)
	equal(f, "the one that was not", got[1], later)
	equal(f, "the counts", f.counts().Firings, map[run.Outcome]int64{run.Ran: 1, run.Skipped: 1})
}

// changeAfterSettled changes schedules whose latest firing is settled in each
// of the ways there are, as by a host whose clock is behind.
func changeAfterSettled(f *fixture) {
	f.create("open", "ended", "skipped", "missed", "none")
	f.claim(1, due("skipped", 1))
	f.claim(2, due("ended", 2), due("skipped", 2))
	f.end(runID("ended", 2), 3, run.Succeeded)
	f.claim(2, due("open", 1), due("ended", 1))
	allowed := due("open", 2)
	allowed.Overlap = schedule.OverlapAllow
	f.claim(2, allowed)
	f.miss(absence("missed", 2))
	settled := map[string]int{"open": 2, "ended": 2, "skipped": 2, "missed": 2, "none": -3}
	for id, until := range settled {
		got := f.change(update(a(id), minute(-3)))[0]
		equal(f, "since when the new version of "+id+" is in force", got.Since, minute(until))
		again := f.change(update(a(id), minute(1)))[0]
		equal(f, "since when the next one is", again.Since, minute(max(1, until)))
		f.change(remove(id, minute(2).Add(time.Microsecond)))
	}
	for _, v := range f.versions(time.Time{}) {
		first := []time.Time{minute(-5), minute(settled[v.ID])}
		last := []time.Time{minute(max(1, settled[v.ID])), minute(2).Add(time.Microsecond)}
		want := [][2]time.Time{{first[0], first[1]}, {first[1], last[0]}, {last[0], last[1]}}[v.Version-1]
		equal(f, fmt.Sprint("the interval of version ", v.Version, " of ", v.ID), [2]time.Time{v.Since, v.Until}, want)
	}
	for id, until := range settled {
		for _, firing := range f.firings(id) {
			if firing.Outcome != run.Missed && (firing.Version != 1 || firing.DueAt.After(minute(until))) {
				f.Errorf("the firing of %s at %v belongs to version %d", id, firing.DueAt, firing.Version)
			}
		}
	}
}

func createdAfterSettled(f *fixture) {
	f.create("s")
	f.claim(5, due("s", 5))
	f.change(remove("s", minute(3)))
	equal(f, "until when it was in force", f.versions(time.Time{})[0].Until, minute(5))
	equal(f, "since when it is again", f.change(create(a("s"), minute(4)))[0].Since, minute(5))
	equal(f, "the answers", f.claim(7, anew(due("s", 5), due("s", 6))...), []store.Claimed{notWon(), skipped(run.ReasonOverlap)})
	equal(f, "the version of the later firing", f.firings("s")[1].Version, int64(2))
}

// changesWhenSetBack changes a schedule at times that are before what is in force.
func changesWhenSetBack(f *fixture) {
	f.change(create(a("s"), minute(10)))
	f.change(update(a("s"), minute(5)))
	f.change(remove("s", minute(3)))
	equal(f, "since when it is in force again", f.change(create(a("s"), minute(-3)))[0].Since, minute(10))
	f.change(update(a("s"), minute(20)))
	f.change(remove("s", minute(30)), create(a("s"), minute(25)), update(a("s"), minute(24)))
	var got [][2]time.Time
	for _, v := range f.versions(time.Time{}) {
		got = append(got, [2]time.Time{v.Since, v.Until})
	}
	ten, twenty, thirty := minute(10), minute(20), minute(30)
	equal(f, "the intervals", got, [][2]time.Time{{ten, ten}, {ten, ten}, {ten, twenty}, {twenty, thirty}, {thirty, thirty}, {thirty, {}}})
}

func changesFollowSettled(f *fixture) {
	f.create("s")
	first, second := update(a("s"), minute(4)), update(a("s"), minute(3))
	first.Settle = []run.Firing{{ScheduleID: "s", DueAt: minute(4), Outcome: run.Skipped, Reason: run.ReasonStopped, Version: 1, SettledAt: minute(4)}}
	got := f.change(first, second)
	equal(f, "since when they are in force", []time.Time{got[0].Since, got[1].Since}, []time.Time{minute(4), minute(4)})
}

func createdMany(f *fixture) {
	var changes []store.Change
	for i := range 1500 {
		changes = append(changes, create(a(fmt.Sprintf("s%04d", i)), minute(0)))
	}
	got := f.change(changes...)
	equal(f, "the schedules", f.schedules(), got)
	for i := range changes {
		changes[i].Kind, changes[i].At = store.Update, minute(1)
	}
	equal(f, "the last version", f.change(changes...)[1499].Version, int64(2))
}

func (f *fixture) schedules() []store.Schedule {
	f.Helper()
	all, err := f.st.Schedules(f.ctx)
	f.check("reading schedules", err)
	return all
}

func ids(all []store.Schedule) []string {
	var ids []string
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	return ids
}

// together calls do n times at once and waits.
func together(n int, do func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { do(i) })
	}
	group.Wait()
}
