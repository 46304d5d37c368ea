package storetest

import (
	"encoding/json"
	"errors"
	"slices"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// moveCases are about exports and imports that go wrong, or come between others.
func moveCases() []Case {
	return []Case{
		{Name: "a ledger that holds something takes nothing up", test: importNeedsEmpty},
		{Name: "an import that fails leaves nothing", test: importFails},
		{Name: "an export ends with the first error of who takes it", test: exportEnds},
		{Name: "an export is of one state while others write", test: exportIsConsistent},
	}
}

func importNeedsEmpty(f *fixture) {
	f.something()
	records := f.export()
	for name, write := range map[string]func(*fixture){
		"a schedule": func(f *fixture) { f.create("one") },
		"a version": func(f *fixture) {
			f.create("one")
			f.change(remove("one", minute(1)))
		},
		"a firing": func(f *fixture) { f.miss(absence("one", 1)) },
		"a run":    func(f *fixture) { f.attempted(1, "one") },
		"itself":   func(f *fixture) { f.check("importing", f.st.Import(f.ctx, recordsOf(records))) },
	} {
		to := f.another()
		write(to)
		before := to.dump()
		if err := to.st.Import(f.ctx, recordsOf(records)); !errors.Is(err, store.ErrExists) {
			f.Errorf("an import beside %s: got the error %v", name, err)
		}
		equal(f, "the ledger beside "+name, to.dump(), before)
	}
}

func importFails(f *fixture) {
	f.something()
	records := f.export()
	to := f.another()
	before := to.dump()
	failure := errors.New("the disk is gone")
	whole := recordsOf(records[:len(records)-1])
	err := to.st.Import(f.ctx, func() (store.Record, bool, error) {
		r, more, err := whole()
		if !more {
			err = failure
		}
		return r, more, err
	})
	if !errors.Is(err, failure) {
		f.Errorf("got the error %v, want %v", err, failure)
	}
	equal(f, "the ledger", to.dump(), before)
	for name, last := range map[string]store.Record{
		"a record of no kind":      {Kind: "nonsense", Data: json.RawMessage(`{}`)},
		"a record that is no JSON": {Kind: store.RecordRun, Data: json.RawMessage(`{`)},
		"a record with more in it": {Kind: store.RecordLedger, Data: json.RawMessage(`{"settled_until":null,"new":1}`)},
		"a record for the second time": records[slices.IndexFunc(records, func(r store.Record) bool {
			return r.Kind == store.RecordFiring
		})],
	} {
		if err := to.st.Import(f.ctx, recordsOf(append(slices.Clone(records), last))); err == nil {
			f.Errorf("%s is accepted", name)
		}
		equal(f, "the ledger after "+name, to.dump(), before)
	}
	f.check("importing when all is well", to.st.Import(f.ctx, recordsOf(records)))
	equal(f, "the copy", to.dump(), f.dump())
}

func exportEnds(f *fixture) {
	f.something()
	failure, calls := errors.New("the disk is full"), 0
	err := f.st.Export(f.ctx, func(store.Record) error {
		if calls++; calls == 7 {
			return failure
		}
		return nil
	})
	if !errors.Is(err, failure) || calls != 7 {
		f.Errorf("got the error %v after %d calls", err, calls)
	}
	f.create("the store goes on")
}

// exportIsConsistent exports while runs are made and end, and holds the records
// of each export against each other.
func exportIsConsistent(f *fixture) {
	f.create("s")
	together(2, func(i int) {
		for n := range 60 {
			if i == 0 {
				d := due("s", n)
				d.Overlap = schedule.OverlapAllow
				f.claim(n, d)
				f.end(d.RunID, n, run.Succeeded)
			} else if n%3 == 0 {
				f.wholeExport()
			}
		}
	})
	f.wholeExport()
}

func (f *fixture) wholeExport() {
	f.Helper()
	firings, attempts := map[string]bool{}, map[string]run.State{}
	states := map[string]run.State{}
	for _, r := range f.export() {
		switch r.Kind {
		case store.RecordFiring:
			var row store.FiringRecord
			f.check("decoding", r.Decode(&row))
			firings[row.RunID] = true
		case store.RecordRun:
			var row store.RunRecord
			f.check("decoding", r.Decode(&row))
			states[row.ID] = row.State
		case store.RecordAttempt:
			var row store.AttemptRecord
			f.check("decoding", r.Decode(&row))
			attempts[row.RunID] = row.State
		}
	}
	equal(f, "the attempts beside the runs", attempts, states)
	equal(f, "how many firings there are", len(firings), len(states))
}
