package dispatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	gocmp "github.com/google/go-cmp/cmp"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Select implements Schedules.
func (b *bundle) Select(match func(schedule.Definition) bool) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for id, j := range b.jobs {
		if match(j.Definition) {
			ids = append(ids, id)
		}
	}
	return ids
}

// ctx and sink are what an executor is called with.
type (
	ctx  = context.Context
	sink = func(run.LogEntry)
)

// followed is a bundle with a follower and holds. Each call that the executor gets
// for a follow-up keeps its facts.
type followed struct {
	*bundle
	facts []run.Facts // of follow-ups
}

func setupFollowed(t *testing.T) *followed {
	t.Helper()
	return setupFollowedWith(t, func(*Options) {})
}

func setupFollowedWith(t *testing.T, change func(*Options)) *followed {
	t.Helper()
	f := &followed{}
	f.bundle = setup(t, func(o *Options) {
		db := o.Queue.(store.Store)
		o.Outbox, o.Holds = db, db
		change(o)
	})
	follower := NewFollower(f.Dispatcher)
	follower.Start()
	t.Cleanup(func() { f.Refuse(); follower.Stop() })
	return f
}

// addFollowed makes a schedule with follow-ups. Those that are actions are "act".
func (f *followed) addFollowed(t *testing.T, id string, ups ...schedule.FollowUp) {
	t.Helper()
	f.add(t, id, func(j *Job) {
		j.Steps = map[string]Step{}
		for _, up := range ups {
			if len(up.Start) == 0 {
				up.Action = &schedule.Action{Type: "act"}
				j.Steps[up.Name] = Step{Action: "act", Plugin: "p", Bind: func(facts run.Facts) ([]byte, error) {
					f.mu.Lock()
					defer f.mu.Unlock()
					f.facts = append(f.facts, facts)
					return []byte(`{}`), nil
				}}
			}
			j.Definition.FollowUps = append(j.Definition.FollowUps, up)
		}
	})
}

// outcomes has the executor end the runs of a schedule's own action one after
// another: s for a success, f for a failure.
func (f *followed) outcomes(words string) {
	n := 0
	f.executor.do = func(ctx ctx, c plugin.Call, _ sink) run.Ending {
		f.mu.Lock()
		defer f.mu.Unlock()
		if c.Trigger == run.ByChain || n >= len(words) {
			return run.Ending{Status: run.StatusSucceeded}
		}
		n++
		if words[n-1] == 'f' {
			return run.Ending{Status: run.StatusFailed, Error: fmt.Sprintf("failure %d", n)}
		}
		return run.Ending{Status: run.StatusSucceeded}
	}
}

// steps lists which steps were run, in the order in which they were made.
func (f *followed) steps(t *testing.T) []string {
	t.Helper()
	var steps []string
	runs := f.runs(t)
	slices.SortFunc(runs, func(a, b run.Run) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Step, b.Step)) })
	for _, r := range runs {
		if r.Step != "" {
			steps = append(steps, r.Step)
		}
	}
	return steps
}

func (f *followed) fireTimes(n int, ids ...string) {
	for range n {
		f.fire(ids...)
		time.Sleep(10 * time.Second)
		synctest.Wait()
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	all := []schedule.FollowUp{
		{Name: "on_success", On: schedule.OnSuccess}, {Name: "on_failure", On: schedule.OnFailure}, {Name: "on_end", On: schedule.OnEnd},
	}
	inBubble(t, "do what the end of a run asks for, once", func(t *testing.T) {
		f := setupFollowed(t)
		f.outcomes("sf")
		f.addFollowed(t, "s", all...)
		f.fireTimes(2, "s")
		want := []string{"on_end", "on_success", "on_end", "on_failure"}
		if d := gocmp.Diff(want, f.steps(t), cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
		for _, r := range f.runs(t) {
			if r.State.Open() || r.Step != "" && (r.Trigger != run.ByChain || r.ParentID == "" || r.ScheduleID != "s") {
				t.Errorf("run = %+v", r)
			}
		}
	})
	inBubble(t, "tell the nth failure in a row, once, and the recovery", func(t *testing.T) {
		f := setupFollowed(t)
		f.outcomes("sfffffssffsfffs")
		f.addFollowed(t, "s", schedule.FollowUp{Name: "failures", On: schedule.OnFailures, After: 3},
			schedule.FollowUp{Name: "recovery", On: schedule.OnRecovery, After: 3})
		f.fireTimes(15, "s")
		if d := gocmp.Diff([]string{"failures", "recovery", "failures", "recovery"}, f.steps(t)); d != "" {
			t.Error(d)
		}
		if p := f.facts[0].Parent; p == nil || p.Failures != 3 || p.State != run.Failed || p.Error != "failure 4" {
			t.Errorf("the first was told %+v", p)
		}
		if p := f.facts[1].Parent; p == nil || p.Failures != 5 || p.State != run.Succeeded {
			t.Errorf("the recovery was told %+v", p)
		}
	})
	inBubble(t, "keep no firing from running", func(t *testing.T) {
		f := setupFollowed(t)
		f.executor.do = func(ctx ctx, c plugin.Call, s sink) run.Ending {
			if c.Trigger == run.ByChain {
				return obey(ctx, c, s)
			}
			return run.Ending{Status: run.StatusSucceeded}
		}
		f.addFollowed(t, "s", all[0])
		f.fireTimes(3, "s")
		for _, firing := range f.firings(t, "s") {
			if firing.Outcome != run.Ran {
				t.Errorf("firing = %+v", firing)
			}
		}
	})
	inBubble(t, "start other schedules, which wait for their turn", func(t *testing.T) {
		f := setupFollowed(t)
		f.executor.do = work(3 * time.Second)
		f.addFollowed(t, "first", schedule.FollowUp{Name: "on_success", On: schedule.OnSuccess, Start: []string{"second", "third"}})
		f.add(t, "second", nil)
		f.add(t, "third", func(j *Job) { j.Started = false })
		f.fire("first", "second")
		time.Sleep(time.Minute)
		synctest.Wait()
		var chained []run.Run
		for _, r := range f.runs(t) {
			if r.Trigger == run.ByChain {
				chained = append(chained, r)
			}
		}
		if len(chained) != 2 {
			t.Fatalf("chained = %+v", chained)
		}
		for _, r := range chained {
			ok := r.ScheduleID == "second" && r.State == run.Succeeded ||
				r.ScheduleID == "third" && r.State == run.Cancelled && r.Reason == run.ReasonStopped
			if !ok || r.ParentID == "" {
				t.Errorf("run = %+v", r)
			}
		}
	})
	inBubble(t, "tell of missed firings, one for all", func(t *testing.T) {
		f := setupFollowed(t)
		f.addFollowed(t, "s", schedule.FollowUp{Name: "missed", On: schedule.OnMissed})
		late := append(due(-3*time.Hour, "s"), due(-2*time.Hour, "s")...)
		time.Sleep(4 * time.Hour)
		for i := range late {
			late[i].At = late[i].At.Add(4 * time.Hour).Truncate(time.Minute)
		}
		f.Fire(late)
		time.Sleep(time.Minute)
		synctest.Wait()
		if steps := f.steps(t); len(steps) != 1 {
			t.Fatalf("steps = %v", steps)
		}
		if p := f.facts[0].Parent; p == nil || p.Missed != 2 || !p.DueAt.Equal(late[1].At) {
			t.Errorf("it was told %+v", p)
		}
	})
}

func TestHolds(t *testing.T) {
	t.Parallel()
	hold := func(t *testing.T, f *followed, h store.Hold) {
		t.Helper()
		h.ID, h.Reason, h.By, h.Since = newRunID(), "maintenance", "test", time.Now()
		made, err := f.store.Hold(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		f.HoldChanged(made)
	}
	inBubble(t, "keep a tag's schedules from firing until they end", func(t *testing.T) {
		f := setupFollowed(t)
		f.add(t, "held", func(j *Job) { j.Definition.Tags = []string{"x"} })
		f.add(t, "free", nil)
		hold(t, f, store.Hold{Tag: "x", Until: time.Now().Add(150 * time.Second)})
		f.fireTimes(3, "held", "free")
		var outcomes []run.Outcome
		for _, firing := range f.firings(t, "held") {
			outcomes = append(outcomes, firing.Outcome)
			if (firing.Reason == run.ReasonHeld) != (firing.HoldID != "") {
				t.Errorf("firing = %+v", firing)
			}
		}
		if d := gocmp.Diff([]run.Outcome{run.Skipped, run.Skipped, run.Ran}, outcomes); d != "" {
			t.Error(d)
		}
		if list := f.firings(t, "free"); len(list) != 3 || list[0].Outcome != run.Ran {
			t.Errorf("free: %+v", list)
		}
	})
	inBubble(t, "have what is delayed wait when they drain, and no longer", func(t *testing.T) {
		f := setupFollowed(t)
		f.add(t, "a", nil)
		time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
		delayed := due(0, "a")
		time.Sleep(time.Minute)
		hold(t, f, store.Hold{All: true, Drain: true, Until: time.Now().Add(5 * time.Minute)})
		time.Sleep(time.Minute)
		delayed[0].FireAt = time.Now()
		f.Fire(delayed)
		time.Sleep(3 * time.Minute)
		if r := f.only(t); r.State != run.Waiting || f.executor.count() != 0 {
			t.Errorf("%d calls while a hold drains, for %+v", f.executor.count(), r)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if r := f.only(t); r.State != run.Succeeded || f.executor.count() != 1 {
			t.Errorf("%d calls when it had ended, for %+v", f.executor.count(), r)
		}
	})
	inBubble(t, "let what waits go on waiting when they drain, and no longer", func(t *testing.T) {
		f := setupFollowed(t)
		f.executor.do = work(10 * time.Second)
		f.SetPools(map[string]Pool{"one": {Slots: 1}}, nil)
		for _, id := range []string{"a", "b"} {
			f.add(t, id, func(j *Job) { j.Definition.Pool = "one" })
		}
		f.fire("a", "b")
		hold(t, f, store.Hold{All: true, Drain: true, Until: time.Now().Add(5 * time.Minute)})
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		if n := f.executor.count(); n != 1 {
			t.Errorf("%d were started while a hold drains, want the one before it", n)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := f.executor.count(); n != 2 {
			t.Errorf("%d were started when it had ended, want both", n)
		}
	})
}
