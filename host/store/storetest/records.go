package storetest

import (
	"butlerd/host/run"
	"butlerd/host/store"
)

// recordsOf hands out records one by one.
func recordsOf(all []store.Record) func() (store.Record, bool, error) {
	return func() (store.Record, bool, error) {
		if len(all) == 0 {
			return store.Record{}, false, nil
		}
		r := all[0]
		all = all[1:]
		return r, true, nil
	}
}

func (f *fixture) record(kind store.RecordKind, row any) store.Record {
	f.Helper()
	r, err := store.NewRecord(kind, row)
	f.check("encoding a record", err)
	return r
}

// attempted makes runs with so many attempts that run, as only an import can.
func (f *fixture) attempted(attempts int, runIDs ...string) {
	f.Helper()
	var runs, all []store.Record
	for _, id := range runIDs {
		one, err := store.RunRecordOf(run.Run{
			ID: id, ScheduleID: "s of " + id, Trigger: run.ByAPI, CreatedAt: minute(0), DueAt: minute(0), StartedAt: minute(0),
			State: run.Running, Attempts: attempts,
		}, store.Kept{})
		f.check("encoding a run", err)
		runs = append(runs, f.record(store.RecordRun, one))
		for n := 1; n <= attempts; n++ {
			all = append(all, f.record(store.RecordAttempt, store.AttemptRecordOf(run.Attempt{
				RunID: id, Number: n, HostID: f.id, State: run.Running, StartedAt: minute(0),
			})))
		}
	}
	f.check("importing", f.st.Import(f.ctx, recordsOf(append(runs, all...))))
}
