package storetest

import (
	"errors"

	"butlerd/host/run"
	"butlerd/host/store"
)

func fenceCases() []Case {
	return []Case{
		{Name: "a host that never joined is fenced", test: unknownIsFenced},
		{Name: "a host that has left is fenced", test: leftIsFenced},
		{Name: "an end that comes after its host has left is refused", test: lateEndIsRefused},
		{Name: "a host that joins again goes on", test: joinsAgain},
	}
}

// isFenced checks that a host can write nothing of a run, and that the ledger
// stays as it is. There is a run that waits.
func (f *fixture) isFenced(id string) {
	f.Helper()
	before := f.dump()
	asked := f.asked("fenced", "s")
	asked.HostID = id
	for name, err := range map[string]error{
		"a claim":            second(f.st.Claim(f.ctx, store.Claim{HostID: id, At: minute(70), Until: minute(70), Due: []store.Due{due("s", 70)}})),
		"a claim of nothing": second(f.st.Claim(f.ctx, store.Claim{HostID: id, At: minute(70), Until: minute(70)})),
		"a take":             second(f.st.Take(f.ctx, store.Take{HostID: id, At: minute(70), Plugin: "qlik", Limit: 10})),
		"a trigger":          third(f.st.Trigger(f.ctx, asked)),
		"settling":           f.st.Settled(f.ctx, id, minute(70)),
	} {
		if !errors.Is(err, store.ErrFenced) {
			f.Errorf("%s of a host without a lease: got the error %v", name, err)
		}
	}
	equal(f, "the ledger", f.dump(), before)
}

func unknownIsFenced(f *fixture) {
	f.create("s", "waits")
	f.claim(1, waiting("waits", 1))
	f.isFenced("absent")
	f.isFenced("")
}

func leftIsFenced(f *fixture) {
	f.create("s", "waits")
	f.leave(host, 1)
	f.id = "host-2"
	f.join(f.id)
	f.claim(1, waiting("waits", 1))
	f.isFenced(host)
	equal(f, "how many runs wait", f.waiting(), map[string]int{"qlik": 1})
}

func lateEndIsRefused(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	f.leave(host, 2)
	before := f.dump()
	done, err := f.st.End(f.ctx, ending(runID("s", 1)))
	f.check("ending", err)
	equal(f, "whether the end was accepted", done, false)
	f.keep(entry(runID("s", 1), 1, 7))
	equal(f, "the ledger", f.dump(), before)
	f.id = "host-2"
	f.join(f.id)
	equal(f, "whether the next firing runs", f.claim(3, due("s", 3))[0].Outcome, run.Ran)
}

func joinsAgain(f *fixture) {
	f.create("s")
	f.leave(host, 1)
	for n, id := range []string{"host-2", "host-3"} {
		f.id = id
		f.join(id)
		d := due("s", n)
		equal(f, "the answer", f.claim(200, d), []store.Claimed{ran(run.Running)})
		_, attempts := f.run(d.RunID)
		equal(f, "whose the attempt is", attempts[0].HostID, id)
		f.end(d.RunID, 201, run.Succeeded)
		f.leave(id, 202)
	}
}
