package reload

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

// tagged are tasks of all outcomes with one tag.
func tagged() *qrssim.Seed {
	broken := program(2, "Broken", "all", "some")
	broken.Outcome = "error"
	off := program(3, "Off", "all", "off")
	off.Disabled = true
	return &qrssim.Seed{
		Nodes: []qrssim.SeedNode{{Name: "qs1"}},
		Tags:  []string{"all", "some", "off", "good"},
		Tasks: []qrssim.SeedTask{program(1, "Aurora", "all", "some", "good"), broken, off, program(4, "Zulu", "all", "some", "good")},
	}
}

func TestSeveralTasks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		arguments string
		status    sdktest.Status
		retry     sdktest.Retry
		summary   string
		states    []string
	}{
		"all succeed":      {`{"tag": "good"}`, sdktest.Succeeded, sdktest.Default, "2 of 2 tasks succeeded in 4s", []string{"FinishedSuccess", "FinishedSuccess"}},
		"all are started":  {`{"tag": "some", "wait": false}`, sdktest.Succeeded, sdktest.Default, "3 of 3 tasks started in 0s", []string{"Triggered", "Triggered", "Triggered"}},
		"one fails":        {`{"tag": "some"}`, sdktest.Failed, sdktest.Default, "2 of 3 tasks succeeded: Broken: Error: Max retries reached", []string{"FinishedSuccess", "Error", "FinishedSuccess"}},
		"one is disabled":  {`{"tag": "all"}`, sdktest.Failed, sdktest.Default, "2 of 4 tasks succeeded: Broken: Error: Max retries reached; Off: not started: the task is disabled in Qlik Sense", []string{"FinishedSuccess", "Error", "NotStarted", "FinishedSuccess"}},
		"none can succeed": {`{"tag": "off"}`, sdktest.Failed, sdktest.Never, "Off: not started: the task is disabled in Qlik Sense", []string{"NotStarted"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{Seed: tagged()})
				r := b.run(tt.arguments)
				wantStatus(t, r, tt.status)
				if r.Summary != tt.summary || r.Retry != tt.retry || tt.status == sdktest.Failed && r.Err != tt.summary {
					t.Errorf("summary %q, error %q, retry %q", r.Summary, r.Err, r.Retry)
				}
				report := reportOf(t, r)
				var states []string
				for _, task := range report.Tasks {
					states = append(states, task.Status)
				}
				if diff := cmp.Diff(tt.states, states); diff != "" {
					t.Error(diff)
				}
				if len(b.sim.Starts()) != len(tt.states) || report.Total != len(tt.states) {
					t.Errorf("%d starts, report %+v", len(b.sim.Starts()), report)
				}
			})
		})
	}
}

func TestOneThatIsLostMakesTheRunLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{Seed: tagged()})
		b.inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: 504, Path: "/qrs/task/" + guid(4).String() + "/start/*"})
		r := b.run(`{"tag": "all"}`)
		wantStatus(t, r, sdktest.Lost)
		wantText(t, "error", r.Err, "1 of 4 tasks succeeded: Broken: ", "; Off: ", "; Zulu: starting task")
	})
}

// watching looks at something before each request.
type watching struct {
	http.RoundTripper
	look func()
}

func (w watching) RoundTrip(r *http.Request) (*http.Response, error) {
	w.look()
	return w.RoundTripper.RoundTrip(r)
}

func TestTasksInFlightAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := &qrssim.Seed{Nodes: []qrssim.SeedNode{{Name: "qs1"}}, Tags: []string{"all"}}
		for i := range byte(100) {
			seed.Tasks = append(seed.Tasks, program(i+1, fmt.Sprintf("task %03d", i), "all"))
		}
		b := newBench(t, qrssim.Options{Seed: seed})
		var most atomic.Int64
		b.through(watching{memory{b.sim.Handler()}, func() { most.Store(max(most.Load(), int64(b.sim.Running()))) }})
		r := b.run(`{"tag": "all"}`)
		wantStatus(t, r, sdktest.Succeeded)
		wantText(t, "summary", r.Summary, "100 of 100 tasks succeeded")
		if most.Load() != maxInFlight {
			t.Errorf("%d were executing at once", most.Load())
		}
	})
}

func TestALongReportIsShortened(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("<", maxLogLine) // six bytes each in JSON
	task := TaskReport{Name: strings.Repeat("<", 500), Status: "FinishedFail", Error: line}
	for range 40 {
		task.ScriptLog = append(task.ScriptLog, line)
	}
	for range maxDetails {
		task.Details = append(task.Details, line)
	}
	tests := map[string]struct {
		tasks        int
		log, details bool
	}{
		"few":      {1, true, true},
		"some":     {20, false, true},
		"the most": {maxTasks, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r Report
			for range tt.tasks {
				r.Tasks = append(r.Tasks, task)
			}
			r.shorten(maxReport)
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > maxReport {
				t.Errorf("%d bytes", len(text))
			}
			got := r.Tasks[0]
			if (got.ScriptLog != nil) != tt.log || (got.Details != nil) != tt.details || got.Name == "" || got.Error == "" {
				t.Errorf("kept log %t, details %t", got.ScriptLog != nil, got.Details != nil)
			}
		})
	}
}

func TestManyFailuresAreNotAllNamed(t *testing.T) {
	t.Parallel()
	b := &batch{args: Arguments{Wait: true}}
	for i := range 8 {
		j := &job{batch: b, err: errors.New("no")}
		j.task.Name = fmt.Sprint("task ", i)
		b.jobs = append(b.jobs, j)
	}
	want := "0 of 8 tasks succeeded: task 0: no; task 1: no; task 2: no; task 3: no; task 4: no; and 3 more"
	if got := b.summary(0); got != want {
		t.Errorf("got %q", got)
	}
}
