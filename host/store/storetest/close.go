package storetest

import (
	"errors"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

func closeCases() []Case {
	return []Case{
		{Name: "all that was written is there after opening again", Reopens: true, test: closeKeeps},
		{Name: "writes that were asked for before closing are done or refused", Reopens: true, test: closeFlushes},
		{Name: "calls after closing fail as unavailable", test: closeEnds},
		{Name: "a store that can be written says so", test: pings},
	}
}

func closeKeeps(f *fixture) {
	f.history()
	f.past()
	f.claim(200, due("s", 200), waiting("other", 200))
	f.miss(absence("s", 201))
	f.keep(entry(runID("s", 200), 1, 1))
	before := f.dump()
	f.reopen()
	equal(f, "the ledger", f.dump(), before)
	equal(f, "the next version", f.change(update(a("s"), minute(300)))[0].Version, int64(6))
}

// closeFlushes closes while many write: what was acknowledged is kept, and what
// was refused is not.
func closeFlushes(f *fixture) {
	const writers = 30
	done := make([]bool, writers)
	together(writers+1, func(i int) {
		if i == writers {
			if err := f.st.Close(); err != nil {
				f.Error(err)
			}
			return
		}
		_, err := f.st.Change(f.ctx, []store.Change{create(a(fmt.Sprintf("s%02d", i)), minute(0))})
		if done[i] = err == nil; err != nil && !errors.Is(err, store.ErrUnavailable) {
			f.Error(err)
		}
	})
	f.st = f.open(f.T)
	there := map[string]bool{}
	for _, s := range f.schedules() {
		there[s.ID] = true
	}
	for i := range done {
		if id := fmt.Sprintf("s%02d", i); there[id] != done[i] {
			f.Errorf("%s: acknowledged is %v, and it is there is %v", id, done[i], there[id])
		}
	}
}

func closeEnds(f *fixture) {
	f.check("closing", f.st.Close())
	f.check("closing again", f.st.Close())
	st := f.st
	for name, err := range map[string]error{
		"Schedules":    second(st.Schedules(f.ctx)),
		"Change":       second(st.Change(f.ctx, []store.Change{create(a("s"), minute(0))})),
		"Versions":     second(st.Versions(f.ctx, minute(0))),
		"Claim":        second(st.Claim(f.ctx, store.Claim{Due: []store.Due{due("s", 1)}})),
		"Miss":         second(st.Miss(f.ctx, []run.Firing{absence("s", 1)})),
		"SettledUntil": second(st.SettledUntil(f.ctx)),
		"Settled":      st.Settled(f.ctx, host, minute(1)),
		"Trigger":      third(st.Trigger(f.ctx, f.asked("r", "s"))),
		"Take":         second(st.Take(f.ctx, store.Take{HostID: host, Limit: 1})),
		"End":          second(st.End(f.ctx, ending("r"))),
		"Abandon":      second(st.Abandon(f.ctx, store.Abandon{RunID: "r", State: run.Lost})),
		"Log":          st.Log(f.ctx, host, []run.LogEntry{entry("r", 1, 1)}),
		"Join":         second(st.Join(f.ctx, store.Host{ID: "host-2"})),
		"Leave":        second(st.Leave(f.ctx, host, minute(1))),
		"Hosts":        second(st.Hosts(f.ctx)),
		"Export":       st.Export(f.ctx, func(store.Record) error { return nil }),
		"Import":       st.Import(f.ctx, recordsOf(nil)),
		"Runs":         second(st.Runs(f.ctx, store.RunQuery{})),
		"Run":          third(st.Run(f.ctx, "r")),
		"RunLog":       second(st.RunLog(f.ctx, store.LogQuery{RunID: "r"})),
		"Firings":      second(st.Firings(f.ctx, store.FiringQuery{ScheduleID: "s"})),
		"Counts":       second(st.Counts(f.ctx)),
		"Waiting":      second(st.Waiting(f.ctx)),
		"Ping":         st.Ping(f.ctx),
		"Hold":         second(f.holding().Hold(f.ctx, store.Hold{ID: "h", All: true, Reason: "r", Since: minute(1)})),
		"Release":      second(f.holding().Release(f.ctx, "h", minute(1), "")),
		"Holds":        second(f.holding().Holds(f.ctx, minute(1))),
		"Expire":       second(f.queue().Expire(f.ctx, host, minute(1))),
		"NextAt":       second(f.queue().NextAt(f.ctx, minute(1))),
		"Unfollowed":   second(f.queue().Unfollowed(f.ctx, 1)),
		"Followed":     f.queue().Followed(f.ctx, []string{"r"}),
		"Checkpoint":   second(f.queue().Checkpoint(f.ctx, store.Checkpoint{RunID: "r", Data: []byte("{}")})),
		"Children":     second(f.queue().Children(f.ctx, "r")),
		"Settlements":  second(f.audit().Settlements(f.ctx, store.SettlementQuery{})),
		"FiringRuns":   second(f.audit().FiringRuns(f.ctx, store.SettlementQuery{})),
		"Seals":        second(f.audit().Seals(f.ctx)),
		"Seal":         f.audit().Seal(f.ctx, seal(1, 0, "")),
		"Cutoff":       second(f.audit().Cutoff(f.ctx, 1)),
		"Prune":        second(f.audit().Prune(f.ctx, store.Prune{Before: minute(1), Limit: 1})),
		"KeptSince":    second(f.audit().KeptSince(f.ctx)),
	} {
		if !errors.Is(err, store.ErrUnavailable) {
			f.Errorf("%s after closing: got the error %v", name, err)
		}
	}
}

func pings(f *fixture) {
	before := f.dump()
	f.check("pinging", f.st.Ping(f.ctx))
	equal(f, "the ledger", f.dump(), before)
	equal(f, "what is settled", before.SettledUntil, time.Time{})
}
