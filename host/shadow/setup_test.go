package shadow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"butlerd/host/schedule"
)

// site is a Qlik Sense that tells of executions as its plugin does.
type site struct {
	starts  []Start // in the order of their times
	perPage int     // 0: no limit
	down    bool
	forgets time.Time // what began before is deleted
	tagged  []string  // tasks with the tag
	asked   int
}

var errDown = errors.New("connection refused")

// Query implements Asker.
func (s *site) Query(_ context.Context, query string, arguments, result any) error {
	s.asked++
	if s.down {
		return errDown
	}
	if query == tasksQuery {
		var found []string
		for _, id := range s.tagged {
			found = append(found, fmt.Sprintf(`{"id": %q, "name": "task"}`, id))
		}
		return json.Unmarshal(fmt.Appendf(nil, `{"by_id": [], "by_tag": [{"tag": "x", "tasks": [%s]}], "by_custom_property": []}`, strings.Join(found, ",")), result)
	}
	args := arguments.(map[string]string)
	from, fromErr := time.Parse(time.RFC3339Nano, args["from"])
	to, toErr := time.Parse(time.RFC3339Nano, args["to"])
	if err := errors.Join(fromErr, toErr); err != nil {
		return err
	}
	p := result.(*page)
	p.Complete, p.Until = true, to
	now := time.Now()
	for _, e := range s.starts {
		if e.At.Before(from) || !e.At.Before(to) || e.At.After(now) || e.At.Before(s.forgets) {
			continue
		}
		if s.perPage > 0 && len(p.Executions) == s.perPage {
			p.Complete, p.Until = false, e.At
			return nil
		}
		if e.EndedAt != nil && e.EndedAt.After(now) {
			e.EndedAt = nil
		}
		p.Executions = append(p.Executions, e)
	}
	return nil
}

// butler is a scheduler as Butler is: it starts a task some time after an instant,
// unless the task is executing.
type butler struct {
	lag  func() time.Duration
	last func() time.Duration // how long an execution takes
}

// play makes the executions of what Butler has, from now on.
func (b butler) play(t *testing.T, has []schedule.Definition, lasting time.Duration) []Start {
	t.Helper()
	type due struct {
		at   time.Time
		task string
	}
	var all []due
	for _, d := range has {
		p := NewPlan([]schedule.Definition{d}, nil)
		if len(p.Schedules) != 1 {
			t.Fatalf("%+v", p.Left)
		}
		for _, n := range instantsOf(p.Schedules[0].Spec, d.ID, time.Now(), time.Now().Add(lasting)) {
			all = append(all, due{n.due.Add(b.lag()), p.Schedules[0].Tasks[0]})
		}
	}
	slices.SortFunc(all, func(a, b due) int { return a.at.Compare(b.at) })
	var starts []Start
	until := map[string]time.Time{}
	for i, d := range all {
		if d.at.Before(until[d.task]) {
			continue
		}
		end := d.at.Add(b.last())
		until[d.task] = end
		starts = append(starts, Start{ID: fmt.Sprintf("execution %d", i), TaskID: d.task, TaskName: "task", At: d.at.UTC(), EndedAt: &end, Status: "FinishedSuccess"})
	}
	return starts
}

func constant(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

func upTo(r *rand.Rand, d time.Duration) func() time.Duration {
	return func() time.Duration { return time.Duration(r.Int64N(int64(d))) }
}

func prompt() butler {
	return butler{lag: constant(300 * time.Millisecond), last: constant(20 * time.Second)}
}

// reload is a schedule that starts a task.
func reload(id, cron, zone string, task int) schedule.Definition {
	return schedule.Definition{ID: id, Name: id, Cron: cron, Timezone: zone, Startup: schedule.StartupStarted,
		Action: schedule.Action{Type: reloadAction, Arguments: fmt.Appendf(nil, `{"task_id": %q}`, taskID(task))}}
}

func taskID(n int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012d", n) }

// bench is an observation in virtual time.
type bench struct {
	t         *testing.T
	dir       string
	site      *site
	plan      Plan
	tolerance time.Duration
	found     []Finding
	troubles  int
}

func newBench(t *testing.T, s *site, declared ...schedule.Definition) *bench {
	t.Helper()
	return &bench{t: t, dir: t.TempDir(), site: s, plan: NewPlan(declared, nil), tolerance: 30 * time.Second}
}

// watch is one life of an observer.
func (b *bench) watch(lasting time.Duration) {
	b.t.Helper()
	j, err := Open(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), lasting)
	defer cancel()
	o := NewObserver(Options{Asker: b.site, Journal: j, Plan: b.plan, Every: 10 * time.Minute, Tolerance: b.tolerance,
		Found: func(f Finding) { b.found = append(b.found, f) }, Trouble: func(error) { b.troubles++ }})
	if err := errors.Join(o.Run(ctx), j.Close()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) judge(q Question) *Report {
	b.t.Helper()
	h, err := Read(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	q.Plan, q.Tolerance = b.plan, b.tolerance
	return Judge(h, q)
}
