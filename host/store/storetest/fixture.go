package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// host is the host that claims, where it does not matter which. It holds a lease
// when a case begins.
const host = "host-1"

// minute is a fixed instant, so many minutes after the suite's beginning.
func minute(n int) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
}

// fixture is a ledger with what the cases do to it again and again. Its methods
// end the test when the store fails.
type fixture struct {
	*testing.T
	ctx       context.Context
	id        string // of the host
	st        store.Store
	open      Opener
	newOpener func(t testing.TB) Opener
}

func newFixture(t *testing.T, newOpener func(t testing.TB) Opener) *fixture {
	t.Helper()
	f := &fixture{T: t, ctx: context.Background(), id: host, open: newOpener(t), newOpener: newOpener}
	f.st = f.open(t)
	t.Cleanup(func() { f.check("closing", f.st.Close()) })
	f.join(host)
	return f
}

// another is a ledger beside this one, which is empty.
func (f *fixture) another() *fixture {
	f.Helper()
	return newFixture(f.T, f.newOpener)
}

// join gives a host a lease, with the id as its name.
func (f *fixture) join(id string) store.Joined {
	f.Helper()
	joined, err := f.st.Join(f.ctx, store.Host{ID: id, Name: "name of " + id})
	f.check("joining", err)
	return joined
}

// leave ends a host's lease at minute n.
func (f *fixture) leave(id string, n int) []run.Run {
	f.Helper()
	ended, err := f.st.Leave(f.ctx, id, minute(n))
	f.check("leaving", err)
	return ended
}

// shared says whether several hosts can use the ledger at once: a host that
// joins leaves the others their lease.
func (f *fixture) shared() bool {
	_, shared := f.st.(store.Shared)
	return shared
}

// reopen closes the ledger and opens it again. The host keeps its lease.
func (f *fixture) reopen() {
	f.Helper()
	f.check("closing", f.st.Close())
	f.st = f.open(f.T)
}

func (f *fixture) check(what string, err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("%s: %v", what, err)
	}
}

func equal[T any](f *fixture, what string, got, want T) {
	f.Helper()
	if reflect.DeepEqual(got, want) {
		return // which is found out much faster than where a difference is
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// refused checks an error that must be of a kind and name what it is about.
func (f *fixture) refused(err, kind error, name string) {
	f.Helper()
	if !errors.Is(err, kind) || !strings.Contains(fmt.Sprint(err), name) {
		f.Errorf("got the error %v, want one that is %q and names %q", err, kind, name)
	}
}

// a returns a started schedule with every member set, as it would be declared.
func a(id string) store.Schedule {
	return store.Schedule{
		Definition: schedule.Definition{
			ID: id, Name: "name of " + id, Description: "what it does", Cron: "* * * * *",
			Timezone: "Europe/London", Tags: []string{"tag 3", "åäö"}, Startup: schedule.StartupLast,
			Overlap: schedule.OverlapSkip, Timeout: 90 * time.Second,
			Action: schedule.Action{Type: "qlik-sense-reload", Arguments: []byte(`{"task_id":"<a&b>"}`)},
		},
		Source: store.SourceFile, Origin: "config.hcl:12", Started: true, CreatedAt: minute(-10),
	}
}

func create(s store.Schedule, at time.Time) store.Change {
	return store.Change{Kind: store.Create, Schedule: s, At: at, By: "creator"}
}

func update(s store.Schedule, at time.Time) store.Change {
	return store.Change{Kind: store.Update, Schedule: s, At: at, By: "updater"}
}

func remove(id string, at time.Time) store.Change {
	s := store.Schedule{Definition: schedule.Definition{ID: id}}
	return store.Change{Kind: store.Delete, Schedule: s, At: at, By: "deleter"}
}

func (f *fixture) change(changes ...store.Change) []store.Schedule {
	f.Helper()
	now, err := f.st.Change(f.ctx, changes)
	f.check("changing schedules", err)
	return now
}

// create makes started schedules that came into force before minute 0.
func (f *fixture) create(ids ...string) {
	f.Helper()
	var changes []store.Change
	for _, id := range ids {
		changes = append(changes, create(a(id), minute(-5)))
	}
	f.change(changes...)
}

// runID is the id of the run for the firing of a schedule at minute n.
func runID(id string, n int) string { return fmt.Sprintf("run-%s-%06d", id, n) }

// due is the firing of a schedule at minute n, with overlap skip and a run that
// starts at once.
func due(id string, n int) store.Due {
	return store.Due{
		ScheduleID: id, Name: "name of " + id, DueAt: minute(n), Cron: "* * * * *", Timezone: "Europe/London",
		Policy: store.Policy{Overlap: schedule.OverlapSkip},
		Action: "qlik-sense-reload", Plugin: "qlik", RunID: runID(id, n), Start: true,
	}
}

// anew is a claim of the same firings by another caller: their runs would have
// other ids.
func anew(due ...store.Due) []store.Due {
	due = slices.Clone(due)
	for i := range due {
		due[i].RunID += "-anew"
	}
	return due
}

// waiting is due without a free slot.
func waiting(id string, n int) store.Due {
	d := due(id, n)
	d.Start = false
	return d
}

// claim claims at minute n.
func (f *fixture) claim(n int, due ...store.Due) []store.Claimed {
	f.Helper()
	got, err := f.st.Claim(f.ctx, store.Claim{HostID: f.id, At: minute(n), Until: minute(n), Due: due})
	f.check("claiming", err)
	if len(got) != len(due) {
		f.Fatalf("claiming %d firings gave %d answers", len(due), len(got))
	}
	return got
}

func (f *fixture) run(id string) (run.Run, []run.Attempt) {
	f.Helper()
	r, attempts, err := f.st.Run(f.ctx, id)
	f.check("reading a run", err)
	return r, attempts
}

// state is the state of a run, or "none" when it is not there.
func (f *fixture) state(id string) run.State {
	f.Helper()
	r, _, err := f.st.Run(f.ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return "none"
	}
	f.check("reading a run", err)
	return r.State
}

// end ends the first attempt of a run at minute n.
func (f *fixture) end(id string, n int, state run.State) {
	f.Helper()
	done, err := f.st.End(f.ctx, store.AttemptEnd{RunID: id, Number: 1, HostID: f.id, At: minute(n), State: state})
	f.check("ending an attempt", err)
	if !done {
		f.Fatalf("the attempt of %s was not ended", id)
	}
}

func (f *fixture) firings(id string) []run.Firing {
	f.Helper()
	all, err := f.st.Firings(f.ctx, store.FiringQuery{ScheduleID: id})
	f.check("listing firings", err)
	return all
}

func (f *fixture) runs(q store.RunQuery) store.RunPage {
	f.Helper()
	page, err := f.st.Runs(f.ctx, q)
	f.check("listing runs", err)
	return page
}

func (f *fixture) counts() store.Counts {
	f.Helper()
	c, err := f.st.Counts(f.ctx)
	f.check("counting", err)
	return c
}

// The answers to a claim.
func ran(s run.State) store.Claimed {
	return store.Claimed{Won: true, Outcome: run.Ran, State: s}
}

func skipped(why run.Reason) store.Claimed {
	return store.Claimed{Won: true, Outcome: run.Skipped, Reason: why}
}

func missed(why run.Reason) store.Claimed {
	return store.Claimed{Won: true, Outcome: run.Missed, Reason: why}
}

func notWon() store.Claimed { return store.Claimed{} }
