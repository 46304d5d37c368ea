package reload

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

// messages are the lines of a run's log.
func messages(r *sdktest.Record) []string {
	var list []string
	for _, l := range r.Logs {
		list = append(list, l.Message)
	}
	return list
}

func TestASuccessIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{SettleTime: time.Second})
		began := time.Now().UTC()
		r := b.run(only(app1ID, ""))
		wantStatus(t, r, sdktest.Succeeded)
		want := Report{Succeeded: 1, Total: 1, Tasks: []TaskReport{{
			ID: app1ID, Name: "Reload task of App1", App: "App1", SessionID: b.sim.Starts()[0].SessionID.String(),
			Status: "FinishedSuccess", Succeeded: true, Node: "qs1.example.com",
			StartedAt: began, StoppedAt: began.Add(2100 * time.Millisecond), Duration: 2.1,
		}}}
		if diff := cmp.Diff(want, reportOf(t, r)); diff != "" {
			t.Error(diff)
		}
		wantText(t, "summary", r.Summary, "reloaded Reload task of App1 in 2.1s")
		if diff := cmp.Diff([]string{"starting task", "task started", "task is executing", "task finished"}, messages(r)); diff != "" {
			t.Error(diff)
		}
		if last := r.Progress[len(r.Progress)-1]; last.Done != 1 || last.Total != 1 {
			t.Errorf("progress ends at %v", last)
		}
	})
}

func TestAFailureIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{SettleTime: 3 * time.Second}) // after the first look that sees the end
		r := b.run(only(failsID, `, "log_tail": 3`))
		wantStatus(t, r, sdktest.Failed)
		if r.Retry != sdktest.Default {
			t.Errorf("retry %q", r.Retry)
		}
		wantText(t, "error", r.Err, "Fails always: FinishedFail: Field 'Amuont' not found")
		got := reportOf(t, r).Tasks[0]
		if got.Status != "FinishedFail" || got.Succeeded || got.Duration != 2.1 || got.Error != "FinishedFail: Field 'Amuont' not found" {
			t.Errorf("got %+v", got)
		}
		if diff := cmp.Diff([]string{"Max retries reached"}, got.Details); diff != "" {
			t.Error(diff)
		}
		if len(got.ScriptLog) != 3 || !strings.HasSuffix(got.ScriptLog[0], "Error: Field 'Amuont' not found") {
			t.Errorf("script log: %q", got.ScriptLog)
		}
	})
}

func TestNoScriptLogIsKeptWhenNoneIsWantedOrThere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		more   string
		faults []qrssim.Fault
		warned bool
	}{
		"none is wanted":           {`, "log_tail": 0`, nil, false},
		"it never shows up":        {"", []qrssim.Fault{{Kind: qrssim.FaultNoLog, Times: -1}}, true},
		"it shows up at the third": {"", []qrssim.Fault{{Kind: qrssim.FaultNoLog, Times: 2}}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				b.inject(tt.faults...)
				r := b.run(only(failsID, tt.more))
				wantStatus(t, r, sdktest.Failed)
				kept := len(reportOf(t, r).Tasks[0].ScriptLog) > 0
				if want := tt.more == "" && !tt.warned; kept != want {
					t.Errorf("kept: %t", kept)
				}
				if warned := strings.Contains(logOf(r), "script log was not read"); warned != tt.warned {
					t.Errorf("warned: %t\n%s", warned, logOf(r))
				}
			})
		})
	}
}

func TestRetriesOfQlikSenseAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		r := b.run(only(retriesID, ""))
		wantStatus(t, r, sdktest.Succeeded)
		if got := reportOf(t, r).Tasks[0]; got.Status != "FinishedSuccess" || b.took(retriesID) != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAQueuedTaskIsToldAndWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{Capacity: 1})
		wantStatus(t, b.run(only(slowID, `, "wait": false`)), sdktest.Succeeded)
		time.Sleep(time.Second)
		r := b.run(only(app1ID, ""))
		wantStatus(t, r, sdktest.Succeeded)
		want := []string{"starting task", "task started", "task is queued", "task finished"}
		if diff := cmp.Diff(want, messages(r)); diff != "" {
			t.Error(diff)
		}
		wantText(t, "progress", fmt.Sprint(r.Progress), `"Reload task of App1": Queued`)
	})
}

func TestAnAbortedTaskIsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		time.AfterFunc(10*time.Second, func() {
			client := b.plugin.client.Load()
			tasks, err := client.Tasks(t.Context(), "")
			for _, task := range tasks {
				if task.ID.String() == slowID {
					err = client.Stop(t.Context(), task.ID)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
		r := b.run(only(slowID, ""))
		wantStatus(t, r, sdktest.Failed)
		wantText(t, "error", r.Err, "Takes two minutes: Aborted")
	})
}

// TestTrackIsNotLost breaks what a follower reads, in each way and for minutes.
func TestTrackIsNotLost(t *testing.T) {
	t.Parallel()
	fault := func(kind qrssim.FaultKind, status int) qrssim.Fault {
		return qrssim.Fault{Kind: kind, Status: status, Method: "GET", Times: -1, Delay: 40 * time.Second}
	}
	tests := map[string]struct {
		fault  qrssim.Fault
		outage time.Duration
	}{
		"while Qlik Sense is in trouble": {fault(qrssim.FaultStatus, 500), 20 * time.Minute},
		"while connections break":        {fault(qrssim.FaultDropBefore, 0), 20 * time.Minute},
		"while answers are lost":         {fault(qrssim.FaultDropAfter, 0), 20 * time.Minute},
		"while nobody answers in time":   {fault(qrssim.FaultSlow, 0), 20 * time.Minute},
		"while a gateway shows a page":   {fault(qrssim.FaultHTML, 0), 50 * time.Second},
		"while a proxy wants a login":    {fault(qrssim.FaultRedirect, 0), 50 * time.Second},
		"while everything is forbidden":  {fault(qrssim.FaultStatus, 403), 50 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				time.AfterFunc(5*time.Second, func() { b.inject(tt.fault) })
				time.AfterFunc(5*time.Second+tt.outage, b.sim.ClearFaults)
				began := time.Now()
				r := b.run(only(slowID, ""))
				wantStatus(t, r, sdktest.Succeeded)
				if took := time.Since(began); took > tt.outage+3*time.Minute {
					t.Errorf("took %s", took)
				}
				var told []string
				for _, l := range r.Logs {
					if l.Level == slog.LevelWarn || l.Message == "Qlik Sense answers again" {
						told = append(told, l.Message)
					}
				}
				want := []string{"Qlik Sense does not answer as it should, asking again", "Qlik Sense answers again"}
				if diff := cmp.Diff(want, told); diff != "" {
					t.Error(diff)
				}
				if b.took(slowID) != 1 {
					t.Errorf("%d starts", b.took(slowID))
				}
			})
		})
	}
}

func TestAMissingSessionIsNotTheEndWhenItsResultGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		b.inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: 404, Path: "/qrs/executionsession/*-*", Times: 3})
		r := b.run(only(slowID, ""))
		wantStatus(t, r, sdktest.Succeeded)
		if got := reportOf(t, r).Tasks[0]; got.Status != "FinishedSuccess" || got.Duration != 120.1 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTrackIsLostInTheEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault qrssim.Fault
		text  string
	}{
		"when the user may not read any more": {qrssim.Fault{Kind: qrssim.FaultStatus, Status: 403, Body: "Forbidden", Path: "/qrs/executionsession/*", Times: -1}, "it answered 403"},
		"when there is never a result":        {qrssim.Fault{Kind: qrssim.FaultLateRow, Delay: time.Hour, Path: startPath}, "no result of the execution is there in Qlik Sense, though its session has ended"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				if tt.fault.Kind == qrssim.FaultLateRow {
					b.inject(tt.fault)
				} else {
					time.AfterFunc(time.Second, func() { b.inject(tt.fault) })
				}
				r := b.run(only(app1ID, ""))
				wantStatus(t, r, sdktest.Lost)
				wantText(t, "error", r.Err, tt.text)
				if got := reportOf(t, r).Tasks[0]; got.Status != "Unknown" || got.SessionID == "" {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

func TestAnUnansweredStartIsFoundAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		b.through(losing{memory{b.sim.Handler()}, func() {
			b.inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: 503, Times: -1})
			time.AfterFunc(10*time.Minute, b.sim.ClearFaults)
		}})
		r := b.run(only(app1ID, ""))
		wantStatus(t, r, sdktest.Succeeded)
		if b.took(app1ID) != 1 || countRequests(b, "POST") != 1 {
			t.Errorf("starts: %v", b.sim.Starts())
		}
	})
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	growing, fixed := Arguments{}, Arguments{PollInterval: time.Minute}
	for elapsed, want := range map[time.Duration]time.Duration{
		0: 2 * time.Second, 16 * time.Second: 2 * time.Second, 40 * time.Second: 5 * time.Second, time.Hour: 15 * time.Second,
	} {
		if got := growing.interval(elapsed); got != want {
			t.Errorf("after %s: got %s, want %s", elapsed, got, want)
		}
		if got := fixed.interval(elapsed); got != time.Minute {
			t.Errorf("after %s: got %s", elapsed, got)
		}
	}
	for failed, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 4: 16 * time.Second, 5: 30 * time.Second, 1 << 40: 30 * time.Second} {
		if got := backoff(failed); got != want {
			t.Errorf("after %d failures: got %s, want %s", failed, got, want)
		}
	}
}
