package storetest

import (
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func pruneCases() []Case {
	return []Case{
		{Name: "what is old is deleted, and nothing younger", Reopens: true, test: prunes},
		{Name: "a prune deletes so many at most, and says whether there is more", test: prunesSome},
		{Name: "a firing that was settled just before its instant is kept as of that", test: prunesByInstant},
		{Name: "a prune of nothing changes nothing", test: prunesNothing},
		{Name: "runs that are not followed are kept", test: prunesFollowed},
		{Name: "the runs beyond so many are those made before an instant", test: cutsOff},
		{Name: "the last version of a deleted schedule is kept, so that its versions go on", test: prunesVersions},
		{Name: "long logs are deleted with their run", Large: true, test: prunesLogs},
	}
}

func (f *fixture) prune(n, limit int) store.Pruned {
	f.Helper()
	got, err := f.audit().Prune(f.ctx, store.Prune{Before: minute(n), Limit: limit})
	f.check("deleting what is old", err)
	return got
}

// pruneAll prunes until there is no more.
func (f *fixture) pruneAll(n, limit int) (all store.Pruned) {
	f.Helper()
	for {
		some := f.prune(n, limit)
		all.Runs, all.Firings = all.Runs+some.Runs, all.Firings+some.Firings
		if !some.More {
			return all
		}
	}
}

func (f *fixture) keptSince() time.Time {
	f.Helper()
	at, err := f.audit().KeptSince(f.ctx)
	f.check("reading what is kept", err)
	return at
}

// ended makes a run of minute n that has ended a minute later.
func (f *fixture) ended(id string, n int) {
	f.Helper()
	d := over(schedule.OverlapAllow, id, n)
	f.claim(n, d)
	f.keep(entry(d.RunID, 1, 1), entry(d.RunID, 1, 2))
	f.end(d.RunID, n+1, run.Succeeded)
}

// prunesByInstant settles what is due at midnight by a clock that is a little behind:
// all that was due since the prune is still owed.
func prunesByInstant(f *fixture) {
	f.create("s")
	for _, n := range []int{20, 21} {
		d := due("s", n)
		d.Missed = run.ReasonLate
		f.claim(20, d)
	}
	f.pruneAll(21, 10)
	equal(f, "how many firings are left", len(f.firings("s")), 1)
}

func prunes(f *fixture) {
	f.create("s", "t")
	f.change(update(a("t"), minute(5)))
	for n := range 20 {
		f.ended("s", 2*n)
	}
	f.claim(3, over(schedule.OverlapAllow, "s", 3)) // stays open
	late := over(schedule.OverlapAllow, "t", 6)
	f.claim(7, late)
	f.end(late.RunID, 90, run.Failed) // ends later
	f.miss(absence("t", 1))           // settled later
	missed := due("t", 8)
	missed.Missed = run.ReasonLate
	f.claim(9, missed)
	f.change(update(a("t"), minute(25)))
	old, kept := holdAll("old", 100), holdAll("kept", 100)
	f.hold(old)
	f.hold(kept)
	f.release("old", 101)
	var young []run.Run
	for _, r := range f.allRuns(store.RunQuery{}) {
		if r.EndedAt.IsZero() || !r.EndedAt.Before(minute(21)) {
			young = append(young, r)
		}
	}
	gone := f.pruneAll(21, 3)
	f.reopen()
	equal(f, "what is deleted", gone, store.Pruned{Runs: 10, Firings: 13})
	equal(f, "the runs", f.allRuns(store.RunQuery{}), young)
	equal(f, "the length of a log that is gone", len(f.log(runID("s", 4))), 0)
	equal(f, "the length of a log that is not", len(f.log(runID("s", 22))), 2)
	var due []string
	for _, x := range f.settlements(store.SettlementQuery{}) {
		due = append(due, x.ScheduleID+x.DueAt.Format(" 15:04"))
	}
	want := []string{"s 12:03"}
	for n := 11; n < 20; n++ {
		want = append(want, "s "+minute(2*n).Format("15:04"))
	}
	equal(f, "the settlements", due, append(want, "t 12:01"))
	equal(f, "the first version that is kept", f.versions(time.Time{})[1].Version, int64(2))
	equal(f, "the holds", len(f.holds(time.Time{})), 2)
	equal(f, "since when all is kept", f.keptSince(), minute(21))
	equal(f, "the counts", f.counts(), store.Counts{
		Firings: map[run.Outcome]int64{run.Ran: 10, run.Missed: 1},
		Runs:    map[run.State]int64{run.Running: 1, run.Failed: 1, run.Succeeded: 10},
	})
	f.pruneAll(110, 1000)
	equal(f, "the holds when one is old", f.holds(time.Time{}), []store.Hold{kept})
	equal(f, "the runs when all are old", runIDs(f.allRuns(store.RunQuery{})), []string{runID("s", 3)})
	equal(f, "how many versions there are then", len(f.versions(time.Time{})), 2)
	equal(f, "since when all is kept then", f.keptSince(), minute(110))
	f.end(runID("s", 3), 120, run.Succeeded)
	equal(f, "the firings when the last has ended", len(f.firings("s")), 1)
}

func prunesSome(f *fixture) {
	f.create("s")
	for n := range 6 {
		f.ended("s", n)
	}
	first := f.prune(100, 4)
	equal(f, "what is deleted at first", first, store.Pruned{Runs: 4, More: true})
	second := f.prune(100, 4)
	if second.Runs+second.Firings > 4 || !second.More {
		f.Errorf("deleted are then %+v", second)
	}
	rest := f.pruneAll(100, 4)
	equal(f, "what is deleted in all", []int64{first.Runs + second.Runs + rest.Runs, first.Firings + second.Firings + rest.Firings}, []int64{6, 6})
	for _, limit := range []int{-1, 0, store.MaxPage + 1} {
		if _, err := f.audit().Prune(f.ctx, store.Prune{Before: minute(1), Limit: limit}); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
	}
	if _, err := f.audit().Prune(f.ctx, store.Prune{Limit: 1}); err == nil {
		f.Error("a prune of everything is accepted")
	}
}

func prunesNothing(f *fixture) {
	f.create("s")
	f.ended("s", 10)
	f.claim(20, due("s", 20))
	before := f.dump()
	equal(f, "what is deleted", f.prune(10, 100), store.Pruned{})
	equal(f, "the ledger", f.dump(), before)
	equal(f, "since when all is kept", f.keptSince(), time.Time{})
}

func prunesFollowed(f *fixture) {
	f.create("s")
	f.claim(1, followed("s", 1))
	f.end(runID("s", 1), 2, run.Failed)
	f.ended("s", 3)
	equal(f, "how many runs are deleted", f.pruneAll(50, 100).Runs, int64(1))
	equal(f, "the runs", runIDs(f.allRuns(store.RunQuery{})), []string{runID("s", 1)})
	equal(f, "whether there is more", f.prune(50, 100), store.Pruned{})
	f.check("following", f.queue().Followed(f.ctx, []string{runID("s", 1)}))
	equal(f, "what is deleted then", f.prune(50, 100), store.Pruned{Runs: 1})
}

func cutsOff(f *fixture) {
	f.create("s")
	for n := range 10 {
		f.ended("s", 10*n)
	}
	f.claim(200, due("s", 200)) // is open
	for n, want := range map[int64]time.Time{1: minute(90), 4: minute(60), 10: minute(0), 11: {}, 1000: {}} {
		got, err := f.audit().Cutoff(f.ctx, n)
		f.check("reading the cutoff", err)
		equal(f, fmt.Sprint("the cutoff of ", n), got, want)
	}
	if _, err := f.audit().Cutoff(f.ctx, 0); err == nil {
		f.Error("a cutoff of nothing is accepted")
	}
}

func prunesLogs(f *fixture) {
	f.create("s")
	d := due("s", 1)
	f.claim(1, d)
	for part := range 10 {
		var lines []run.LogEntry
		for n := range 1000 {
			lines = append(lines, entry(d.RunID, 1, int64(1000*part+n)))
		}
		f.keep(lines...)
	}
	f.end(d.RunID, 2, run.Succeeded)
	equal(f, "what is deleted", f.pruneAll(50, 10), store.Pruned{Runs: 1, Firings: 1})
	equal(f, "the length of the log", len(f.log(d.RunID)), 0)
}

func prunesVersions(f *fixture) {
	f.create("s", "t")
	for n := range 3 {
		f.change(update(a("s"), minute(n)), update(a("t"), minute(n)))
	}
	f.change(remove("s", minute(4)))
	for _, limit := range []int{1, 100} {
		f.pruneAll(50, limit)
		var left []string
		for _, v := range f.versions(time.Time{}) {
			left = append(left, fmt.Sprint(v.ID, " ", v.Version))
		}
		equal(f, "the versions that are left", left, []string{"s 4", "t 4"})
		equal(f, "whether there is more", f.prune(50, 100), store.Pruned{})
	}
	equal(f, "the version of the next one", f.change(create(a("s"), minute(60)))[0].Version, int64(5))
}
