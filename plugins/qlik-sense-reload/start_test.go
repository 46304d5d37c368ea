package reload

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

// only is arguments for one task.
func only(id, more string) string { return fmt.Sprintf(`{"task_id": %q%s}`, id, more) }

func TestATaskThatIsExecuting(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		policy string
		status sdktest.Status
		starts int
		took   time.Duration
		task   string // the state in the report
		text   string // of summary or error
	}{
		"is an error by default": {"error", sdktest.Failed, 1, 0, "NotStarted", "not started: the task is already executing (session "},
		"is left alone":          {"skip", sdktest.Succeeded, 1, 0, "AlreadyRunning", "left Takes two minutes alone: it was already executing"},
		"is waited for":          {"wait", sdktest.Succeeded, 2, 4 * time.Minute, "FinishedSuccess", "reloaded Takes two minutes in 2m0s"},
		"is stopped":             {"stop", sdktest.Succeeded, 2, 2 * time.Minute, "FinishedSuccess", "reloaded Takes two minutes in 2m0s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				wantStatus(t, b.run(only(slowID, `, "wait": false`)), sdktest.Succeeded)
				began := time.Now()
				r := b.run(only(slowID, fmt.Sprintf(`, "if_running": %q`, tt.policy)))
				wantStatus(t, r, tt.status)
				wantText(t, "text", r.Summary+r.Err, tt.text)
				if took := time.Since(began); took < tt.took || took > tt.took+30*time.Second {
					t.Errorf("took %s", took)
				}
				if b.took(slowID) != tt.starts {
					t.Errorf("%d starts took effect", b.took(slowID))
				}
				if got := reportOf(t, r).Tasks[0]; got.Status != tt.task || got.Succeeded != (tt.status == sdktest.Succeeded) {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

// sharing are two tasks of one app.
func sharing() *qrssim.Seed {
	return &qrssim.Seed{
		Nodes: []qrssim.SeedNode{{Name: "qs1"}},
		Apps:  []qrssim.SeedApp{{Name: "App"}},
		Tasks: []qrssim.SeedTask{
			{ID: guid(1), Name: "First", App: "App", ReloadTime: qrssim.Duration(time.Minute)},
			{ID: guid(2), Name: "Second", App: "App"},
		},
	}
}

func TestAnAppThatAnotherTaskReloads(t *testing.T) {
	t.Parallel()
	first, second := guid(1).String(), guid(2).String()
	tests := map[string]struct {
		policy string
		status sdktest.Status
		text   string
	}{
		"is an error":                   {"error", sdktest.Failed, `not started: its app is being reloaded by the task "First" (session `},
		"is left alone":                 {"skip", sdktest.Succeeded, "left Second alone"},
		"is waited for":                 {"wait", sdktest.Succeeded, "reloaded Second in 2.1s"},
		"is waited for and not stopped": {"stop", sdktest.Succeeded, "reloaded Second in 2.1s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{Seed: sharing()})
				wantStatus(t, b.run(only(first, `, "wait": false`)), sdktest.Succeeded)
				r := b.run(only(second, fmt.Sprintf(`, "if_running": %q`, tt.policy)))
				wantStatus(t, r, tt.status)
				wantText(t, "text", r.Summary+r.Err, tt.text)
				for _, q := range b.sim.Requests() {
					if strings.HasSuffix(q.Path, "/stop") {
						t.Errorf("%s was sent", q.Path)
					}
				}
			})
		})
	}
}

func TestATaskThatDoesNotStart(t *testing.T) {
	t.Parallel()
	const disabledID = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e04"
	tests := map[string]struct {
		task  string
		fault []qrssim.Fault
		want  string
		retry sdktest.Retry
	}{
		"because it is disabled": {disabledID, nil, "not started: the task is disabled in Qlik Sense", sdktest.Never},
		"for no reason given":    {app1ID, []qrssim.Fault{{Kind: qrssim.FaultZeros, Path: "*/start/*"}}, "not started: Qlik Sense gives no reason", sdktest.Default},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				b.inject(tt.fault...)
				r := b.run(only(tt.task, ""))
				wantStatus(t, r, sdktest.Failed)
				wantText(t, "error", r.Err, tt.want)
				if r.Retry != tt.retry {
					t.Errorf("retry %q", r.Retry)
				}
				if len(b.sim.Starts()) != 1 || b.took(tt.task) != 0 {
					t.Errorf("starts: %v", b.sim.Starts())
				}
				if got := reportOf(t, r).Tasks[0]; got.Status != "NotStarted" || got.Error == "" {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

func TestWithoutWaitingTheStartIsTheSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		began := time.Now()
		r := b.run(only(failsID, `, "wait": false`))
		wantStatus(t, r, sdktest.Succeeded)
		wantText(t, "summary", r.Summary, "started Fails always")
		got := reportOf(t, r).Tasks[0]
		if got.SessionID != b.sim.Starts()[0].SessionID.String() || got.Status != "Triggered" || !got.Succeeded {
			t.Errorf("got %+v", got)
		}
		if time.Since(began) != 0 {
			t.Errorf("it waited %s", time.Since(began))
		}
	})
}
