package storetest

import (
	"slices"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

func hostCases() []Case {
	return []Case{
		{Name: "a host that joins is listed with what it reports", test: hostIsListed},
		{Name: "hosts are listed by name, those that left too", test: hostsInOrder},
		{Name: "what a host that leaves left open is settled", Reopens: true, test: leaveSettles},
		{Name: "what a host that is gone left open is settled by the next", test: joinSettles},
		{Name: "what a host that never joined left open is settled by the next", test: joinSettlesUnknown},
		{Name: "what has ended is left as it is when hosts come and go", test: settleLeaves},
		{Name: "a host that holds no lease has nothing to leave", test: leaveOfNone},
		{Name: "the host that is left over is told that it is alone", test: joinAlone},
	}
}

func report() store.Report {
	return store.Report{
		Version: "1.2.3", Address: "127.0.0.1:8080", Labels: map[string]string{"zone": "åäö", "empty": ""},
		ConfigHash: "abc", Draining: true, Running: 3,
		Plugins: []store.PluginReport{{Name: "qlik", Version: "4", State: "running", Slots: 5, Running: 3}},
	}
}

func (f *fixture) hosts() []store.Host {
	f.Helper()
	all, err := f.st.Hosts(f.ctx)
	f.check("listing hosts", err)
	return all
}

func hostIsListed(f *fixture) {
	f.leave(host, 1)
	joined, err := f.st.Join(f.ctx, store.Host{ID: "host-2", Name: "b", Report: report()})
	f.check("joining", err)
	all := f.hosts()
	equal(f, "how many are listed", len(all), 2)
	got := all[0]
	if got.JoinedAt.IsZero() || got.JoinedAt.Location() != time.UTC {
		f.Errorf("it joined at %v", got.JoinedAt)
	}
	equal(f, "whether the lease is as it was given", got.Lease.For, joined.Lease.For)
	got.Lease, got.JoinedAt = store.Lease{}, time.Time{}
	equal(f, "the host", got, store.Host{ID: "host-2", Name: "b", Report: report()})
}

func hostsInOrder(f *fixture) {
	f.leave(host, 1)
	for _, h := range []store.Host{{ID: "2", Name: "b"}, {ID: "1", Name: "b"}, {ID: "3", Name: "a"}} {
		_, err := f.st.Join(f.ctx, h)
		f.check("joining", err)
		f.leave(h.ID, 2)
	}
	var order []string
	for _, h := range f.hosts() {
		order = append(order, h.ID)
		equal(f, "whether "+h.ID+" is listed as one that left", !h.EndedAt.IsZero(), true)
	}
	equal(f, "the order", order, []string{"3", "2", "1", host})
}

// leftOpen has the host leave a run that runs and one that waits beside one that
// has ended, and returns how the first two are to end.
func (f *fixture) leftOpen(at time.Time) (ran, waited run.Run) {
	f.Helper()
	f.create("s", "waits", "ended")
	f.claim(1, due("s", 1), waiting("waits", 1), due("ended", 1))
	f.end(runID("ended", 1), 2, run.Succeeded)
	ran, _ = f.run(runID("s", 1))
	waited, _ = f.run(runID("waits", 1))
	ran.State, ran.Reason, ran.EndedAt = run.Lost, run.ReasonHostDied, at
	waited.State, waited.Reason, waited.EndedAt = run.Cancelled, run.ReasonNeverStarted, at
	return ran, waited
}

// settledAs checks what was settled, in an answer and in the ledger.
func (f *fixture) settledAs(got []run.Run, want ...run.Run) {
	f.Helper()
	byID := func(a, b run.Run) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	equal(f, "the runs that were settled", got, want)
	for _, w := range want {
		r, attempts := f.run(w.ID)
		equal(f, "the run "+w.ID, r, w)
		equal(f, "the number of its attempts", len(attempts), w.Attempts)
		for _, a := range attempts {
			equal(f, "how its attempt ended", []any{a.State, a.Reason, a.EndedAt}, []any{w.State, w.Reason, w.EndedAt})
		}
	}
}

func leaveSettles(f *fixture) {
	ran, waited := f.leftOpen(minute(9))
	f.reopen()
	f.settledAs(f.leave(host, 9), ran)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Lost: 1, run.Waiting: 1, run.Succeeded: 1})
	equal(f, "how many wait", f.waiting(), map[string]int{"qlik": 1})
	ended := f.join("host-2").Ended
	r, _ := f.run(waited.ID)
	if waited.EndedAt = r.EndedAt; r.EndedAt.IsZero() {
		f.Error("the run that never started has no end")
	}
	f.settledAs(ended, waited)
	equal(f, "how many wait then", len(f.waiting()), 0)
}

func joinSettles(f *fixture) {
	if f.shared() {
		f.Skip("a host that joins leaves the others their lease; the shared cases say when it ends")
	}
	ran, waited := f.leftOpen(time.Time{})
	joined := f.join("host-2")
	equal(f, "whether it is alone", joined.Alone, true)
	r, _ := f.run(ran.ID)
	if ran.EndedAt, waited.EndedAt = r.EndedAt, r.EndedAt; r.EndedAt.IsZero() {
		f.Error("the run that was lost has no end")
	}
	f.settledAs(joined.Ended, ran, waited)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Lost: 1, run.Cancelled: 1, run.Succeeded: 1})
}

// joinSettlesUnknown is about a ledger that comes from another store, or was
// written before hosts were kept.
func joinSettlesUnknown(f *fixture) {
	f.id = "unknown"
	f.attempted(2, "r")
	f.leave(host, 8)
	want, attempts := f.run("r")
	joined := f.join("host-2")
	var states []run.State
	r, now := f.run("r")
	for _, a := range now {
		states = append(states, a.State)
	}
	if len(joined.Ended) > 0 { // it may be that the one who left settled it
		equal(f, "the answer", joined.Ended, []run.Run{r})
	}
	want.State, want.Reason, want.EndedAt = run.Lost, run.ReasonHostDied, r.EndedAt
	equal(f, "the run", r, want)
	equal(f, "its attempts", states, []run.State{run.Lost, run.Lost}[:len(attempts)])
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Lost: 1})
}

func settleLeaves(f *fixture) {
	f.noneWaiting()
	f.leave(host, 3)
	before := f.dump()
	equal(f, "how many runs it ended when it left again", len(f.leave(host, 4)), 0)
	equal(f, "how many the next one ended", len(f.join("host-2").Ended), 0)
	equal(f, "how many it ended when it left", len(f.leave("host-2", 5)), 0)
	equal(f, "the ledger", f.dump(), before)
}

func leaveOfNone(f *fixture) {
	f.create("s", "waits")
	f.claim(1, due("s", 1), waiting("waits", 1))
	before := f.dump()
	equal(f, "how many runs it ended", len(f.leave("absent", 2)), 0)
	equal(f, "the ledger", f.dump(), before)
}

func joinAlone(f *fixture) {
	f.leave(host, 1)
	equal(f, "whether it is alone", f.join("host-2").Alone, true)
	equal(f, "whether the next one is", f.join("host-3").Alone, !f.shared())
}
