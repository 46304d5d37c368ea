package reload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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
					if q.Path == "/qrs/task/"+first+"/stop" {
						t.Error("the other task was stopped")
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

const startPath = "/qrs/task/*/start/synchronous"

// TestStartFaults is the rule that must not be broken: whatever happens to a
// start, it is sent once, and what is told of it is true.
func TestStartFaults(t *testing.T) {
	t.Parallel()
	status := func(n int) qrssim.Fault {
		return qrssim.Fault{Kind: qrssim.FaultStatus, Status: n, Body: "no", Path: startPath}
	}
	tests := map[string]struct {
		fault  qrssim.Fault
		status sdktest.Status
		took   int // starts that took effect
		text   string
	}{
		"dropped after it took effect":  {qrssim.Fault{Kind: qrssim.FaultDropAfter, Path: startPath}, sdktest.Succeeded, 1, "reloaded Reload task of App1 in 2.1s"},
		"dropped before it took effect": {qrssim.Fault{Kind: qrssim.FaultDropBefore, Path: startPath}, sdktest.Failed, 0, "the task was not started: Qlik Sense shows no execution of it"},
		"slow, but answered":            {qrssim.Fault{Kind: qrssim.FaultSlow, Delay: 20 * time.Second, Path: startPath}, sdktest.Succeeded, 1, "reloaded"},
		"not answered in time":          {qrssim.Fault{Kind: qrssim.FaultSlow, Delay: time.Minute, Path: startPath}, sdktest.Lost, 0, "no answer within 30s; no execution of the task has shown up, but one may yet begin"},
		"a gateway that gave up":        {status(504), sdktest.Lost, 0, "one may yet begin"},
		"an error of Qlik Sense":        {status(500), sdktest.Failed, 0, "Qlik Sense shows no execution of it"},
		"a page":                        {qrssim.Fault{Kind: qrssim.FaultHTML, Path: startPath}, sdktest.Failed, 0, "a web page instead of data"},
		"a login":                       {qrssim.Fault{Kind: qrssim.FaultRedirect, Path: startPath}, sdktest.Failed, 0, "it wants somebody to log in"},
		"forbidden":                     {status(403), sdktest.Failed, 0, "it answered 403"},
		"too many requests":             {status(429), sdktest.Failed, 0, "too many requests"},
		"no session":                    {qrssim.Fault{Kind: qrssim.FaultZeros, Path: startPath}, sdktest.Failed, 0, "not started"},
		"a late result":                 {qrssim.Fault{Kind: qrssim.FaultLateRow, Delay: 30 * time.Second, Path: startPath}, sdktest.Succeeded, 1, "reloaded"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				b.inject(tt.fault)
				r := b.run(only(app1ID, ""))
				wantStatus(t, r, tt.status)
				wantText(t, "text", r.Summary+r.Err, tt.text)
				if b.took(app1ID) != tt.took {
					t.Errorf("%d starts took effect", b.took(app1ID))
				}
				if n := countRequests(b, "POST"); n != 1 {
					t.Errorf("%d starts were sent", n)
				}
			})
		})
	}
}

func countRequests(b *bench, method string) (n int) {
	for _, q := range b.sim.Requests() {
		if q.Method == method {
			n++
		}
	}
	return n
}

// losing loses the answer to a start, and then does something.
type losing struct {
	http.RoundTripper
	then func()
}

func (l losing) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := l.RoundTripper.RoundTrip(r)
	if r.Method == http.MethodPost && err == nil {
		l.then()
		return nil, io.ErrUnexpectedEOF
	}
	return a, err
}

func TestAShortReloadIsFoundAfterItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := sharing()
		seed.Tasks[0].ReloadTime = qrssim.Duration(100 * time.Millisecond)
		b := newBench(t, qrssim.Options{Seed: seed})
		id := guid(1).String()
		wantStatus(t, b.run(only(id, "")), sdktest.Succeeded) // an older execution is not taken for the new one
		b.through(losing{memory{b.sim.Handler()}, func() { time.Sleep(3 * time.Second) }})
		r := b.run(only(id, ""))
		wantStatus(t, r, sdktest.Succeeded)
		if got := reportOf(t, r).Tasks[0].SessionID; got != b.sim.Starts()[1].SessionID.String() {
			t.Errorf("it followed %s of %v", got, b.sim.Starts())
		}
		if b.took(id) != 2 {
			t.Errorf("%d starts took effect", b.took(id))
		}
	})
}

func TestAnOlderExecutionIsNotTakenForTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := sharing()
		seed.Tasks[0].ReloadTime = qrssim.Duration(100 * time.Millisecond)
		b := newBench(t, qrssim.Options{Seed: seed, TriggerTime: -1})
		id := guid(1).String()
		wantStatus(t, b.run(only(id, `, "poll_interval": "100ms"`)), sdktest.Succeeded)
		b.inject(qrssim.Fault{Kind: qrssim.FaultDropBefore, Path: startPath})
		r := b.run(only(id, "")) // within the same second
		wantStatus(t, r, sdktest.Failed)
		wantText(t, "error", r.Err, "Qlik Sense shows no execution of it")
	})
}

func TestNothingIsKnownWhenNobodyAnswersAfterTheStart(t *testing.T) {
	t.Parallel()
	tests := map[string]qrssim.Fault{
		"because nobody answers at all": {Kind: qrssim.FaultDropBefore, Method: "GET", Times: -1},
		"because the answers are pages": {Kind: qrssim.FaultHTML, Method: "GET", Times: -1},
	}
	for name, later := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				b.through(losing{memory{b.sim.Handler()}, func() { b.inject(later) }})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				r := b.run(only(app1ID, ""), sdktest.WithContext(ctx))
				wantStatus(t, r, sdktest.Lost)
				if b.took(app1ID) != 1 || countRequests(b, "POST") != 1 {
					t.Errorf("starts: %v", b.sim.Starts())
				}
				if got := reportOf(t, r).Tasks[0].Status; got != "Unknown" {
					t.Errorf("state %q", got)
				}
			})
		})
	}
}

func TestNothingIsStartedWhenTheSiteCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		for _, path := range []string{"/qrs/task/full", "/qrs/executionsession/full"} {
			b.inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: 503, Path: path})
			r := b.run(only(app1ID, ""))
			wantStatus(t, r, sdktest.Failed)
			if r.Retry != sdktest.Default || len(b.sim.Starts()) > 0 {
				t.Errorf("%s: retry %q, starts %v", path, r.Retry, b.sim.Starts())
			}
		}
		b.through(refusing{})
		wantText(t, "error", b.run(only(app1ID, "")).Err, "reading tasks at sense.example.com:4242: connection refused")
	})
}

func TestACancelledRunStartsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		ctx, cancel := context.WithCancelCause(t.Context())
		b.inject(qrssim.Fault{Kind: qrssim.FaultSlow, Delay: 5 * time.Second, Path: "/qrs/executionsession/full"})
		time.AfterFunc(time.Second, func() { cancel(errors.New("host stopping")) })
		r := b.run(only(app1ID, ""), sdktest.WithContext(ctx))
		wantStatus(t, r, sdktest.Cancelled)
		if len(b.sim.Starts()) > 0 {
			t.Errorf("starts: %v", b.sim.Starts())
		}
	})
}
