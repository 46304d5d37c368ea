package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// bundle is a dispatcher over a real store in memory, with a plugin made by hand.
// It is made inside a bubble.
type bundle struct {
	*Dispatcher
	opts     Options
	keeper   *Timekeeper
	store    *sqlite.DB
	lease    *fakeLease
	executor *fakeExecutor
	seen     *fakeObserver

	begun time.Time

	mu   sync.Mutex
	jobs map[string]Job
}

// join gives the host a lease, and returns what it settled of earlier ones.
func (b *bundle) join(t *testing.T) store.Joined {
	t.Helper()
	joined, err := b.store.Join(t.Context(), store.Host{ID: b.lease.id, Name: "test", JoinedAt: time.Now(), KeepSince: time.Now().Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	return joined
}

// Job implements Schedules.
func (b *bundle) Job(id string) (Job, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	j, ok := b.jobs[id]
	return j, ok
}

// set changes what a schedule executes, and where.
func (b *bundle) set(id string, change func(*Job)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	job := b.jobs[id]
	change(&job)
	b.jobs[id] = job
}

// Foreign implements Schedules.
func (b *bundle) Foreign() map[string]time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	foreign := map[string]time.Time{}
	for id, j := range b.jobs {
		if !j.Here {
			foreign[id] = b.begun
		}
	}
	return foreign
}

// waiting is how many runs wait for a slot.
func (b *bundle) waiting(t *testing.T) int {
	t.Helper()
	waiting, err := b.store.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return waiting["p"]
}

// fakeLease is held unless lost is set.
type fakeLease struct {
	mu   sync.Mutex
	id   string
	lost bool
}

func (l *fakeLease) Held() (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.id, !l.lost
}

func (l *fakeLease) set(id string, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.id, l.lost = id, lost
}

func (l *fakeLease) Now() time.Time { return time.Now() }

func setup(t *testing.T, change func(*Options)) *bundle {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: ":memory:", Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bundle{store: db, lease: &fakeLease{id: "host-1"}, executor: &fakeExecutor{}, seen: &fakeObserver{}, jobs: map[string]Job{}, begun: time.Now()}
	b.join(t)
	o := Options{
		Lease:     b.lease,
		Ledger:    db,
		Queue:     db,
		Schedules: b,
		LateLimit: time.Minute,
		Observer:  b.seen,
		Log:       testLog(t),
	}
	if change != nil {
		change(&o)
	}
	b.opts = o
	b.boot()
	if err := b.TakeUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // it has found nothing to take
	t.Cleanup(func() { b.halt(); b.Stop(0) })
	return b
}

// boot makes the dispatcher of one life of the host.
func (b *bundle) boot() {
	b.Dispatcher = New(b.opts)
	b.SetPlugin("p", b.executor, 100)
	b.keeper = NewTimekeeper(b.Dispatcher)
	b.keeper.Start()
}

// halt ends what asks the store for something by itself.
func (b *bundle) halt() {
	b.Refuse()
	if b.keeper != nil {
		b.keeper.Stop()
	}
	b.keeper = nil
}

// restart kills the host, and starts it again after so long.
func (b *bundle) restart(t *testing.T, down time.Duration, pools map[string]Pool) Recovered {
	t.Helper()
	b.halt()
	b.lease.set("", true)
	dead := b.Dispatcher
	time.Sleep(down)
	b.lease.set(uuid.NewString(), false)
	joined := b.join(t)
	dead.Stop(0) // what it executed is not its own any more
	b.boot()
	b.SetPools(pools, nil)
	b.Tell(joined.Ended)
	r := Recovery{Past: b.store, Sleep: b.store, Holds: b.store, Specs: schedule.NewCache(), LateLimit: time.Minute, Log: testLog(t)}
	found, err := r.Run(t.Context(), true, time.Now())
	for _, next := range []func() error{
		func() error { return b.CatchUp(t.Context(), found.Owed) },
		func() error { return r.Done(t.Context(), b.lease.id, found) },
		func() error { return b.TakeUp(t.Context()) },
	} {
		if err == nil {
			err = next()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return found
}

func testLog(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// add makes a schedule that is in force from now on.
func (b *bundle) add(t *testing.T, id string, change func(*Job)) {
	t.Helper()
	job := Job{
		Definition: schedule.Definition{
			ID: id, Name: id, Cron: "* * * * *", Timezone: "UTC",
			Startup: schedule.StartupStarted, Overlap: schedule.OverlapSkip,
			Action: schedule.Action{Type: "act"},
		},
		Started: true,
		Plugin:  "p",
		Here:    true,
		Bind:    func(run.Facts) ([]byte, error) { return []byte(`{}`), nil },
	}
	if change != nil {
		change(&job)
	}
	s := store.Schedule{Definition: job.Definition, Source: store.SourceAPI, Started: true}
	c := store.Change{Kind: store.Create, Schedule: s, At: time.Now(), By: "test"}
	if _, err := b.store.Change(t.Context(), []store.Change{c}); err != nil {
		t.Fatal(err)
	}
	b.set(id, func(j *Job) { *j = job })
}

// due are firings of the schedules, due in d from now.
func due(d time.Duration, ids ...string) []schedule.Due {
	at := time.Now().Add(d).Truncate(time.Second)
	var list []schedule.Due
	spec, err := schedule.Parse("* * * * *", "UTC")
	if err != nil {
		panic(err)
	}
	for _, id := range ids {
		list = append(list, schedule.Due{ID: id, At: at, Spec: spec})
	}
	return list
}

// fire lets the schedules fire at the coming full minute.
func (b *bundle) fire(ids ...string) {
	time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
	b.Fire(due(0, ids...))
	synctest.Wait()
}

// attempts returns those of a run, oldest first.
func (b *bundle) attempts(t *testing.T, runID string) []run.Attempt {
	t.Helper()
	_, attempts, err := b.store.Run(t.Context(), runID)
	if err != nil {
		t.Fatal(err)
	}
	return attempts
}

func (b *bundle) runs(t *testing.T) []run.Run {
	t.Helper()
	page, err := b.store.Runs(t.Context(), store.RunQuery{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return page.Runs
}

// only returns the one run there is.
func (b *bundle) only(t *testing.T) run.Run {
	t.Helper()
	runs := b.runs(t)
	if len(runs) != 1 {
		t.Fatalf("there are %d runs, want 1: %+v", len(runs), runs)
	}
	return runs[0]
}

func (b *bundle) firings(t *testing.T, id string) []run.Firing {
	t.Helper()
	list, err := b.store.Firings(t.Context(), store.FiringQuery{ScheduleID: id})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// fakeExecutor succeeds at once, unless told otherwise.
type fakeExecutor struct {
	do func(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending
	// resumes says that its actions look for lost attempts.
	resumes bool

	mu    sync.Mutex
	calls []plugin.Call
}

func (f *fakeExecutor) Execute(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending {
	f.mu.Lock()
	f.calls = append(f.calls, c)
	f.mu.Unlock()
	if f.do == nil {
		return run.Ending{Status: run.StatusSucceeded, Summary: "done"}
	}
	return f.do(ctx, c, sink)
}

// Resumes implements Executor.
func (f *fakeExecutor) Resumes(string) bool { return f.resumes }

func (f *fakeExecutor) made() []plugin.Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *fakeExecutor) count() int { return len(f.made()) }

// obey is an action that works until it is asked to end.
func obey(ctx context.Context, _ plugin.Call, _ func(run.LogEntry)) run.Ending {
	<-ctx.Done()
	var cause plugin.Cause
	errors.As(context.Cause(ctx), &cause)
	return run.Ending{Status: run.StatusCancelled, Cause: cause.Cause, Error: "asked to end"}
}

// work is an action that takes so long.
func work(d time.Duration) func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
	return func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
		time.Sleep(d)
		return run.Ending{Status: run.StatusSucceeded}
	}
}

type fakeObserver struct {
	mu      sync.Mutex
	firings []run.Firing
	ended   []run.Run
}

func (f *fakeObserver) counts() (firings, ended int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.firings), len(f.ended)
}

func (f *fakeObserver) Firing(firing run.Firing, _ time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.firings = append(f.firings, firing)
}

func (f *fakeObserver) Ended(r run.Run) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = append(f.ended, r)
}

// choosyLedger refuses claims with a firing of one schedule, for good.
type choosyLedger struct {
	Ledger
	refused string
}

func (l *choosyLedger) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	for _, d := range c.Due {
		if d.ScheduleID == l.refused {
			return nil, errors.New("refused")
		}
	}
	return l.Ledger.Claim(ctx, c)
}

// brokenLedger fails while broken is set.
type brokenLedger struct {
	Ledger
	mu     sync.Mutex
	broken bool
}

func (l *brokenLedger) set(broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = broken
}

func (l *brokenLedger) check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		return store.ErrUnavailable
	}
	return nil
}

func (l *brokenLedger) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	return l.Ledger.Claim(ctx, c)
}

func (l *brokenLedger) End(ctx context.Context, e store.AttemptEnd) (bool, error) {
	if err := l.check(); err != nil {
		return false, err
	}
	return l.Ledger.End(ctx, e)
}

func (l *brokenLedger) Log(ctx context.Context, hostID string, entries []run.LogEntry) error {
	if err := l.check(); err != nil {
		return err
	}
	return l.Ledger.Log(ctx, hostID, entries)
}
