package reload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

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

func TestAnUnansweredStartIsFoundWithoutItsResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{ReloadTime: 20 * time.Second})
		b.inject(qrssim.Fault{Kind: qrssim.FaultLateRow, Delay: 30 * time.Second, Path: startPath})
		b.through(losing{memory{b.sim.Handler()}, func() {}})
		r := b.run(only(app1ID, ""))
		wantStatus(t, r, sdktest.Succeeded)
		if countRequests(b, "POST") != 1 {
			t.Errorf("starts: %v", b.sim.Starts())
		}
	})
}

func TestAStartThatTakesEffectLateIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		b.through(lagging{memory{b.sim.Handler()}, 5 * time.Second})
		r := b.run(only(app1ID, ""))
		wantStatus(t, r, sdktest.Succeeded)
		if b.took(app1ID) != 1 || countRequests(b, "POST") != 1 {
			t.Errorf("starts: %v", b.sim.Starts())
		}
	})
}

// lagging breaks the connection of a start, which is carried out later.
type lagging struct {
	http.RoundTripper
	by time.Duration
}

func (l lagging) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return l.RoundTripper.RoundTrip(r)
	}
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
	time.AfterFunc(l.by, func() { _, _ = l.RoundTripper.RoundTrip(r.WithContext(context.Background())) })
	return nil, io.ErrUnexpectedEOF
}

// ahead is a host whose answers are dated by another clock than its rows.
type ahead struct {
	http.RoundTripper
	by time.Duration
}

func (a ahead) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Header.Set("Date", time.Now().Add(a.by).UTC().Format(http.TimeFormat))
	}
	return answer, err
}

func TestClocksMayBeApart(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{-time.Minute, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, qrssim.Options{})
			b.through(losing{ahead{memory{b.sim.Handler()}, by}, func() { time.Sleep(3 * time.Second) }})
			wantStatus(t, b.run(only(app1ID, "")), sdktest.Succeeded)
		})
	}
}

func TestAnExecutionThatWasWaitedForIsNotTakenForTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		wantStatus(t, b.run(only(retriesID, `, "wait": false`)), sdktest.Succeeded) // has a second result before long
		b.inject(qrssim.Fault{Kind: qrssim.FaultDropBefore, Path: startPath})
		r := b.run(only(retriesID, `, "if_running": "wait", "poll_interval": "100ms"`))
		wantStatus(t, r, sdktest.Failed)
		wantText(t, "error", r.Err, "Qlik Sense shows no execution of it")
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

// cancelling cancels a run once it has seen that nothing is executing.
type cancelling struct {
	http.RoundTripper
	cancel func()
}

func (c cancelling) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.RoundTripper.RoundTrip(r)
	if r.URL.Path == "/qrs/executionsession/full" {
		c.cancel()
	}
	return answer, err
}

func TestARunThatIsCancelledAtTheLastMomentStartsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		b.through(cancelling{memory{b.sim.Handler()}, cancel})
		wantStatus(t, b.run(only(app1ID, ""), sdktest.WithContext(ctx)), sdktest.Cancelled)
		if len(b.sim.Starts()) > 0 {
			t.Errorf("starts: %v", b.sim.Starts())
		}
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
