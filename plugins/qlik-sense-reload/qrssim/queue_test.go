package qrssim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// manyTasks is a seed of n tasks, each with an app of its own.
func manyTasks(t *testing.T, n int) (*Seed, []string) {
	t.Helper()
	seed := &Seed{Nodes: []SeedNode{{Name: "n1"}}}
	var ids []string
	for i := range n {
		name := fmt.Sprintf("T%d", i)
		seed.Apps = append(seed.Apps, SeedApp{Name: name})
		seed.Tasks = append(seed.Tasks, SeedTask{Name: name, App: name})
		ids = append(ids, nameID("task", name).String())
	}
	return seed, ids
}

func jsonList(ids []string) string { return `["` + strings.Join(ids, `","`) + `"]` }

func TestQueueAtCapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed, ids := manyTasks(t, 6)
		b := newBench(t, Options{Seed: seed, ReloadTime: 10 * time.Second})
		var sessions []string
		for _, id := range ids {
			sessions = append(sessions, b.start(id))
			time.Sleep(time.Second)
		}
		states := func() (list []status) {
			for _, session := range sessions {
				list = append(list, b.status(session))
			}
			return list
		}
		const run, wait, done = statusStarted, statusQueued, statusFinishedSuccess
		if diff := cmp.Diff([]status{run, run, run, run, wait, wait}, states()); diff != "" {
			t.Errorf("after the starts (-want +got):\n%s", diff)
		}
		if got := b.Running(); got != 4 {
			t.Errorf("Running() = %d, want 4", got)
		}
		time.Sleep(4200 * time.Millisecond) // the first ends at 10.1 s
		if diff := cmp.Diff([]status{done, run, run, run, run, wait}, states()); diff != "" {
			t.Errorf("when the first has ended (-want +got):\n%s", diff)
		}
		want := []string{
			"Changing task state to Triggered",
			"Changing task state from Triggered to Queued",
			"Trying to start task. Sending task to slave-node n1",
			"Changing task state from Queued to Started",
		}
		if diff := cmp.Diff(want, b.results(sessions[4])[0].messages()); diff != "" {
			t.Errorf("details (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]status{done, done, done, done, done, done}, states()); diff != "" {
			t.Errorf("in the end (-want +got):\n%s", diff)
		}
		if got := b.results(sessions[5])[0].Duration; got != 16_100 {
			t.Errorf("the last took %d ms, want 6 s of waiting and 10.1 s", got)
		}
	})
}

func TestQueueTimeout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limit  time.Duration
		after  time.Duration
		status status
	}{
		{"is half an hour", 0, 30*time.Minute + time.Second, statusAborted},
		{"is not earlier", 0, 30*time.Minute - time.Second, statusQueued},
		{"is what the option says", time.Minute, time.Minute + time.Second, statusAborted},
		{"is never when the option says so", -1, 20 * time.Hour, statusQueued},
		{"is at most that of the task", -1, 24*time.Hour + time.Second, statusAborted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seed, ids := manyTasks(t, 2)
				seed.Tasks[0].TimeoutMinutes = 3 * 24 * 60
				b := newBench(t, Options{Seed: seed, Capacity: 1, ReloadTime: 48 * time.Hour, QueueTimeout: tt.limit})
				b.start(ids[0])
				session := b.start(ids[1])
				time.Sleep(tt.after)
				if got := b.status(session); got != tt.status {
					t.Errorf("status %v after %v, want %v", got, tt.after, tt.status)
				}
			})
		})
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed, ids := manyTasks(t, 3)
		b := newBench(t, Options{Seed: seed, Capacity: 1, ReloadTime: time.Hour, StopTime: 10 * time.Second})
		running, waiting, next := b.start(ids[0]), b.start(ids[1]), b.start(ids[2])
		time.Sleep(time.Second)

		if code := b.post("/qrs/task/stop/many", jsonList(ids[:2])).Code; code != http.StatusNoContent {
			t.Fatalf("stop answered %d", code)
		}
		for _, session := range []string{running, waiting} {
			if got := b.status(session); got != statusAbortInitiated {
				t.Errorf("status %v at once, want AbortInitiated", got)
			}
			x := decode[sessionFullJSON](t, b.get("/qrs/executionsession/"+session))
			if x.AbortReason != abortManual {
				t.Errorf("abort reason %v, want manual", x.AbortReason)
			}
		}
		time.Sleep(5 * time.Second)
		b.post("/qrs/task/"+ids[0]+"/stop", "") // does not begin anew
		if got := b.status(running); got != statusAborting {
			t.Errorf("status %v after half of the time, want Aborting", got)
		}
		if got := b.status(next); got != statusQueued {
			t.Errorf("the slot is given away before it is free: %v", got)
		}
		time.Sleep(5 * time.Second)
		for _, session := range []string{running, waiting} {
			if got := b.status(session); got != statusAborted {
				t.Errorf("status %v in the end, want Aborted", got)
			}
			if code := b.get("/qrs/executionsession/" + session).Code; code != http.StatusNotFound {
				t.Errorf("the session answers %d in the end", code)
			}
		}
		if got := b.status(next); got != statusStarted {
			t.Errorf("the next in the queue is %v, want Started", got)
		}
		want := []string{
			"Changing task state to Triggered",
			"Trying to start task. Sending task to slave-node n1",
			"Changing task state from Triggered to Started",
			"Changing task state from Started to AbortInitiated",
			"Changing task state from AbortInitiated to Aborting",
			"Changing task state from Aborting to Aborted",
		}
		if diff := cmp.Diff(want, b.results(running)[0].messages()); diff != "" {
			t.Errorf("details (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Hour)
		if got := b.status(next); got != statusFinishedSuccess {
			t.Errorf("the next ends as %v", got)
		}
		if got := len(b.results(waiting)); got != 1 || b.status(waiting) != statusAborted {
			t.Errorf("what was stopped in the queue went on: %v, %d results", b.status(waiting), got)
		}
	})
}

func TestStopOfATaskThat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		if code := b.post("/qrs/task/"+app1Task+"/stop", "").Code; code != http.StatusNoContent {
			t.Errorf("is idle: %d, want 204", code)
		}
		session := b.start(app1Task)
		b.post("/qrs/task/"+app1Task+"/stop", "") // still Triggered
		time.Sleep(time.Second)
		if got := b.status(session); got != statusAborted {
			t.Errorf("is triggered: %v, want Aborted", got)
		}
		if again := b.start(app1Task); again == uuid.Nil.String() {
			t.Error("cannot be started again")
		}
	})
}

func TestStartTakesNoEffect(t *testing.T) {
	t.Parallel()
	const twoTasks = `"apps":[{"name":"A"}],"tasks":[{"name":"T","app":"A"},{"name":"U","app":"A"}]`
	tests := []struct {
		name, seed string
		before     []string
		task       string
	}{
		{"for a task that runs", `{"nodes":[{"name":"n"}],` + twoTasks + `}`, []string{"T"}, "T"},
		{"for another task of an app that is reloaded", `{"nodes":[{"name":"n"}],` + twoTasks + `}`, []string{"T"}, "U"},
		{"without a node", `{` + twoTasks + `}`, nil, "T"},
		{"for a disabled task", `{"nodes":[{"name":"n"}],"apps":[{"name":"A"}],"tasks":[{"name":"T","app":"A","disabled":true}]}`, nil, "T"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{Seed: mustSeed(t, "%s", tt.seed), ReloadTime: time.Hour})
			for _, name := range tt.before {
				b.start(nameID("task", name).String())
			}
			id := nameID("task", tt.task).String()
			if got := b.start(id); got != uuid.Nil.String() {
				t.Errorf("the session is %s, want zeros", got)
			}
			if code := b.post("/qrs/task/"+id+"/start", "{}").Code; code != http.StatusNoContent {
				t.Errorf("the asynchronous start answers %d, want 204", code)
			}
			if got := len(decode[[]any](t, b.get("/qrs/executionresult"))); got != len(tt.before) {
				t.Errorf("there are %d results, want %d", got, len(tt.before))
			}
			if starts := b.Starts(); len(starts) != len(tt.before)+2 || starts[len(tt.before)].SessionID != uuid.Nil {
				t.Errorf("Starts() = %v", starts)
			}
		})
	}
}

func TestBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 5000
		seed, ids := manyTasks(t, n)
		b := newBench(t, Options{Seed: seed, Capacity: 100, ReloadTime: time.Second, TriggerTime: -1, History: 1000})
		if w := b.post("/qrs/task/start/many", jsonList(ids)); w.Code != http.StatusNoContent {
			t.Fatalf("start answered %d %s", w.Code, w.Body)
		}
		if got := b.Running(); got != 100 {
			t.Errorf("Running() = %d, want 100", got)
		}
		time.Sleep(n / 100 * time.Second)
		if got := b.Running(); got != 0 {
			t.Errorf("Running() = %d after all rounds, want 0", got)
		}
		if got := len(b.Starts()); got != n {
			t.Errorf("%d starts, want %d", got, n)
		}
		if got := decode[struct{ Value int }](t, b.get("/qrs/executionresult/count")).Value; got != 1000 {
			t.Errorf("%d results, want 1000", got)
		}
	})
}
