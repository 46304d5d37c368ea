package reload

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

// cancelled runs the task of two minutes and cancels it after a time.
func cancelled(b *bench, after time.Duration, more string) (r *sdktest.Record, took time.Duration) {
	ctx, cancel := context.WithCancelCause(b.t.Context())
	var at time.Time
	time.AfterFunc(after, func() {
		at = time.Now()
		cancel(errors.New("cancelled by Ada"))
	})
	r = b.run(only(slowID, more), sdktest.WithContext(ctx))
	return r, time.Since(at)
}

func TestACancelledTaskGoesOnUnlessItIsToBeStopped(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		more   string
		faults []qrssim.Fault
		text   string
		state  string
		left   int // executing a while later
	}{
		"it goes on":      {"", nil, "cancelled by Ada; the task goes on in Qlik Sense", "Started", 1},
		"it is stopped":   {`, "stop_on_cancel": true`, nil, "cancelled by Ada; the task in Qlik Sense has ended: Aborted", "Aborted", 0},
		"it stops slowly": {`, "stop_on_cancel": true`, []qrssim.Fault{{Kind: qrssim.FaultSlow, Delay: 3 * time.Second, Path: "*/stop"}}, "has ended: Aborted", "Aborted", 0},
		"it is not let":   {`, "stop_on_cancel": true`, []qrssim.Fault{{Kind: qrssim.FaultStatus, Status: 403, Path: "*/stop"}}, "stopping the task in Qlik Sense failed, it may go on: stopping task at sense.example.com:4242: it answered 403", "Started", 1},
		"nobody answers":  {`, "stop_on_cancel": true`, []qrssim.Fault{{Kind: qrssim.FaultSlow, Delay: time.Hour, Path: "*/stop"}}, "stopping the task in Qlik Sense failed, it may go on", "Started", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				b.inject(tt.faults...)
				r, took := cancelled(b, 30*time.Second, tt.more)
				wantStatus(t, r, sdktest.Cancelled)
				wantText(t, "error", r.Err, tt.text)
				if got := reportOf(t, r).Tasks[0]; got.Status != tt.state || got.Succeeded {
					t.Errorf("got %+v", got)
				}
				if took > cleanupLimit {
					t.Errorf("it took %s to end", took)
				}
				if b.sim.Running() != tt.left {
					t.Errorf("%d are executing", b.sim.Running())
				}
			})
		})
	}
}

func TestAStopThatTakesLongIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{StopTime: time.Minute})
		r, took := cancelled(b, 30*time.Second, `, "stop_on_cancel": true`)
		wantStatus(t, r, sdktest.Cancelled)
		wantText(t, "error", r.Err, "Qlik Sense was asked to stop the task and has not done so yet")
		if took != cleanupLimit {
			t.Errorf("took %s", took)
		}
	})
}

func TestATaskThatHasEndedIsNotStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // between the end of the task and the next look
		defer cancel()
		r := b.run(only(app1ID, `, "stop_on_cancel": true`), sdktest.WithContext(ctx))
		wantStatus(t, r, sdktest.Cancelled)
		if n := countRequests(b, "POST"); n != 1 {
			t.Errorf("%d orders were sent", n)
		}
		if got := reportOf(t, r).Tasks[0].Status; got != "FinishedSuccess" {
			t.Errorf("state %q", got)
		}
	})
}

func TestAStartUnderWayIsNotCutOff(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		delay time.Duration // of the start
		want  sdktest.Status
		text  string
		left  int
	}{
		"answered in time":     {4 * time.Second, sdktest.Cancelled, "has ended: Aborted", 0},
		"not answered in time": {20 * time.Second, sdktest.Lost, "cancelled by Ada", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				b.inject(qrssim.Fault{Kind: qrssim.FaultSlow, Delay: tt.delay, Path: startPath})
				r, took := cancelled(b, 2*time.Second, `, "stop_on_cancel": true`)
				wantStatus(t, r, tt.want)
				wantText(t, "error", r.Err, tt.text)
				if took > cleanupLimit || b.sim.Running() != tt.left {
					t.Errorf("it took %s, %d are executing", took, b.sim.Running())
				}
			})
		})
	}
}

func TestACancelledRunIsCancelledThoughATaskHasFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := tagged()
		seed.Tasks[3].ReloadTime = qrssim.Duration(time.Hour)
		b := newBench(t, qrssim.Options{Seed: seed})
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("out of time"))
		defer cancel()
		r := b.run(`{"tag": "some"}`, sdktest.WithContext(ctx))
		wantStatus(t, r, sdktest.Cancelled)
		wantText(t, "error", r.Err, "1 of 3 tasks succeeded: Broken: Error", "; Zulu: out of time; the task goes on in Qlik Sense")
	})
}

func TestOutlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		late, stop := outlive(ctx, time.Second)
		defer stop()
		cancel(cause)
		time.Sleep(900 * time.Millisecond)
		if late.Err() != nil {
			t.Error("it ended too early")
		}
		time.Sleep(200 * time.Millisecond)
		if !errors.Is(context.Cause(late), cause) {
			t.Errorf("cause %v", context.Cause(late))
		}
		other, stop := outlive(t.Context(), time.Hour)
		stop()
		if other.Err() == nil {
			t.Error("it is not stopped")
		}
	})
}
