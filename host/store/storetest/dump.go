package storetest

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// dump is all that a ledger says.
type dump struct {
	Schedules    []store.Schedule
	Versions     []store.Version
	Runs         []run.Run
	Attempts     []run.Attempt
	Log          []run.LogEntry
	Firings      []run.Firing
	Counts       store.Counts
	Waiting      map[string]int
	SettledUntil time.Time
	Settlements  []run.Firing
	FiringRuns   []store.FiringRun
	Unfollowed   []run.Run
	Holds        []store.Hold
	Seals        []store.Seal
	KeptSince    time.Time
	Works        []*run.Work // of Runs
	Namespaces   []string
	KeyValues    []store.KeyValue // those that have expired are there in the past
}

// dump reads everything, by as many pages as it takes.
func (f *fixture) dump() dump {
	f.Helper()
	var d dump
	var err error
	d.Schedules = f.schedules()
	d.Versions = f.versions(time.Time{})
	d.Runs = f.allRuns(store.RunQuery{Limit: store.MaxPage})
	for _, r := range d.Runs {
		whole, attempts := f.run(r.ID)
		d.Works = append(d.Works, whole.Work)
		d.Attempts = append(d.Attempts, attempts...)
		d.Log = append(d.Log, f.log(r.ID)...)
	}
	seen := map[string]bool{}
	for _, v := range d.Versions {
		if !seen[v.ID] {
			d.Firings = append(d.Firings, f.firings(v.ID)...)
		}
		seen[v.ID] = true
	}
	d.Counts, d.Waiting = f.counts(), f.waiting()
	d.SettledUntil, err = f.st.SettledUntil(f.ctx)
	f.check("reading what is settled", err)
	d.Settlements, d.FiringRuns = f.settlements(store.SettlementQuery{}), f.firingRuns(store.SettlementQuery{})
	d.Unfollowed, d.Holds = f.unfollowed(), f.holds(time.Time{})
	d.Seals, err = f.audit().Seals(f.ctx)
	f.check("listing seals", err)
	d.KeptSince = f.keptSince()
	d.Namespaces = f.namespaces()
	for _, name := range d.Namespaces {
		for _, key := range f.keys(-1000, name) {
			v, err := f.st.Get(f.ctx, minute(-1000), name, key)
			f.check("reading a value", err)
			d.KeyValues = append(d.KeyValues, v)
		}
	}
	return d
}

// allRuns follows the cursor to the end.
func (f *fixture) allRuns(q store.RunQuery) []run.Run {
	f.Helper()
	var all []run.Run
	for {
		page := f.runs(q)
		all = append(all, page.Runs...)
		if q.After = page.Next; q.After == (store.RunCursor{}) {
			return all
		}
	}
}

func (f *fixture) versions(since time.Time) []store.Version {
	f.Helper()
	all, err := f.st.Versions(f.ctx, since)
	f.check("reading versions", err)
	return all
}

func (f *fixture) log(runID string) []run.LogEntry {
	f.Helper()
	entries, err := f.st.RunLog(f.ctx, store.LogQuery{RunID: runID})
	f.check("reading a log", err)
	return entries
}
