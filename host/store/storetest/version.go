package storetest

import (
	"fmt"
	"time"

	"butlerd/host/store"
)

func versionCases() []Case {
	return []Case{
		{Name: "each version is kept with its interval", test: versionIntervals},
		{Name: "versions are those in force since an instant", test: versionsSince},
		{Name: "a version that was replaced at once is kept", test: versionReplacedAtOnce},
		{Name: "the versions of one schedule are all that are kept", test: versionsOfOne},
		{Name: "versions are ordered by schedule, then version", test: versionOrder},
	}
}

// history makes five versions of one schedule, at minutes 0, 10, 30 (again, after
// a deletion at 20) and 40, and deletes it at 50.
func (f *fixture) history() []store.Version {
	f.Helper()
	s := a("s")
	var want []store.Version
	keep := func(c store.Change, since, until int) {
		v := store.Version{Schedule: f.change(c)[0], Until: minute(until), By: c.By}
		equal(f, "when it came into force", v.Since, minute(since))
		want = append(want, v)
	}
	keep(create(s, minute(0)), 0, 10)
	s.Started = false
	keep(update(s, minute(10)), 10, 20)
	f.change(remove("s", minute(20)))
	keep(create(s, minute(30)), 30, 40)
	s.Name = "another"
	keep(update(s, minute(40)), 40, 50)
	f.change(remove("s", minute(50)))
	return want
}

func versionIntervals(f *fixture) {
	want := f.history()
	equal(f, "the versions", f.versions(time.Time{}), want)
	now := f.change(create(a("s"), minute(60)))[0]
	want = append(want, store.Version{Schedule: now, By: "creator"})
	equal(f, "the versions with one in force", f.versions(time.Time{}), want)
}

func versionsSince(f *fixture) {
	all := f.history()
	for n, first := range map[int]int{-5: 0, 0: 0, 9: 0, 10: 0, 11: 1, 20: 1, 21: 2, 35: 2, 40: 2, 41: 3, 50: 3} {
		equal(f, "the versions since minute "+minute(n).Format("04"), f.versions(minute(n)), all[first:])
	}
	equal(f, "the number of versions since the last", len(f.versions(minute(51))), 0)
	f.create("open")
	equal(f, "the number of versions with one in force", len(f.versions(minute(51))), 1)
}

func versionReplacedAtOnce(f *fixture) {
	first := f.change(create(a("s"), minute(0)))[0]
	second := f.change(update(a("s"), minute(0)))[0]
	now := store.Version{Schedule: second, By: "updater"}
	equal(f, "the versions since then", f.versions(minute(0)),
		[]store.Version{{Schedule: first, Until: minute(0), By: "creator"}, now})
	equal(f, "the versions since later", f.versions(minute(1)), []store.Version{now})
}

func versionOrder(f *fixture) {
	f.create("b", "a", "B")
	for n := range 12 {
		f.change(update(a("b"), minute(n)), update(a("a"), minute(n)))
	}
	var got, want []string
	for _, v := range f.versions(minute(5)) {
		got = append(got, fmt.Sprint(v.ID, " ", v.Version))
	}
	want = append(want, "B 1")
	for _, id := range []string{"a", "b"} {
		for version := 6; version <= 13; version++ {
			want = append(want, fmt.Sprint(id, " ", version))
		}
	}
	equal(f, "the order", got, want)
}

func versionsOfOne(f *fixture) {
	f.create("other", "t")
	want := f.history()
	equal(f, "the versions of one that is deleted", f.versionsOf("s"), want)
	now := f.change(create(a("s"), minute(60)))[0]
	want = append(want, store.Version{Schedule: now, By: "creator"})
	equal(f, "the versions of one that is in force", f.versionsOf("s"), want)
	equal(f, "how many there are of another", len(f.versionsOf("t")), 1)
	equal(f, "how many there are of none", len(f.versionsOf("none")), 0)
}

func (f *fixture) versionsOf(id string) []store.Version {
	f.Helper()
	all, err := f.st.VersionsOf(f.ctx, id)
	f.check("reading the versions of a schedule", err)
	return all
}
