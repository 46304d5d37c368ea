package storetest

import (
	"fmt"
	"sync/atomic"

	"butlerd/host/run"
	"butlerd/host/store"
)

func triggerCases() []Case {
	return []Case{
		{Name: "a trigger makes a run", test: triggerMakes},
		{Name: "a trigger makes a run of a schedule that is stopped or has one open", test: triggerOfStopped},
		{Name: "a trigger of a schedule that is not there is refused", test: triggerOfNone},
		{Name: "an idempotency key makes one run", test: keyMakesOne},
		{Name: "an idempotency key makes one run for many at a time", test: keyMakesOneTogether},
		{Name: "an idempotency key counts for its schedule only", test: keyOfSchedule},
	}
}

// asked is a trigger over the API, at minute 1, that starts at once.
func (f *fixture) asked(runID, scheduleID string) store.Trigger {
	return store.Trigger{HostID: f.id, Start: true, Run: run.Run{
		ID: runID, ScheduleID: scheduleID, ScheduleName: "the name", Trigger: run.ByAPI, By: "somebody",
		DueAt: minute(1), CreatedAt: minute(1), Action: "act", Plugin: "plug",
	}}
}

func (f *fixture) trigger(t store.Trigger) (run.Run, bool) {
	f.Helper()
	r, made, err := f.st.Trigger(f.ctx, t)
	f.check("triggering", err)
	return r, made
}

func triggerMakes(f *fixture) {
	f.create("s")
	f.change(update(a("s"), minute(0)))
	for _, start := range []bool{true, false} {
		asked := f.asked(fmt.Sprint("r-", start), "s")
		asked.Start, asked.Run.IdempotencyKey = start, fmt.Sprint("key-", start)
		want := asked.Run
		want.Version, want.State = 2, run.Waiting
		if start {
			want.State, want.StartedAt, want.Attempts = run.Running, minute(1), 1
		}
		r, made := f.trigger(asked)
		equal(f, "whether it was made", made, true)
		equal(f, "the answer", r, want)
		r, attempts := f.run(asked.Run.ID)
		equal(f, "the run", r, want)
		equal(f, "the number of attempts", len(attempts), want.Attempts)
	}
	equal(f, "the number of firings", len(f.firings("s")), 0)
}

func triggerOfStopped(f *fixture) {
	s := a("s")
	s.Started = false
	f.change(create(s, minute(5))) // and comes into force later than it is asked for
	for n := range 3 {
		_, made := f.trigger(f.asked(fmt.Sprint("r", n), "s"))
		equal(f, "whether it was made", made, true)
	}
}

func triggerOfNone(f *fixture) {
	f.create("deleted")
	f.change(remove("deleted", minute(0)))
	for _, id := range []string{"deleted", "absent"} {
		_, made, err := f.st.Trigger(f.ctx, f.asked("r", id))
		f.refused(err, store.ErrNotFound, `"`+id+`"`)
		equal(f, "whether it was made", made, false)
	}
	equal(f, "the state of the run", f.state("r"), "none")
}

func keyMakesOne(f *fixture) {
	f.create("s")
	asked := f.asked("first", "s")
	asked.Run.IdempotencyKey = "key"
	f.trigger(asked)
	again := asked
	again.Run.ID, again.Run.By = "second", "somebody else"
	check := func(when string) {
		f.Helper()
		want, _ := f.run("first")
		r, made := f.trigger(again)
		equal(f, "whether it was made "+when, made, false)
		equal(f, "the answer "+when, r, want)
	}
	check("while it runs")
	f.end("first", 2, run.Failed)
	check("when it has ended")
	f.change(remove("s", minute(3)))
	check("when the schedule is gone")
	equal(f, "the state of the second run", f.state("second"), "none")
}

func keyMakesOneTogether(f *fixture) {
	f.create("s")
	var made atomic.Int32
	ids := make([]string, 8)
	together(8, func(i int) {
		asked := f.asked(fmt.Sprint("r", i), "s")
		asked.Run.IdempotencyKey = "key"
		r, first, err := f.st.Trigger(f.ctx, asked)
		if err != nil {
			f.Error(err)
		}
		if ids[i] = r.ID; first {
			made.Add(1)
		}
	})
	equal(f, "how many were made", made.Load(), int32(1))
	for _, id := range ids {
		equal(f, "the run that is returned", id, ids[0])
	}
}

func keyOfSchedule(f *fixture) {
	f.create("s", "other")
	for i, asked := range []store.Trigger{f.asked("r0", "s"), f.asked("r1", "other"), f.asked("r2", "s"), f.asked("r3", "s")} {
		asked.Run.IdempotencyKey = map[bool]string{true: "key"}[i < 2] // none for the last two
		_, made := f.trigger(asked)
		equal(f, fmt.Sprint("whether run ", i, " was made"), made, true)
	}
}
