package reload

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// moment is when an attempt is killed.
type moment int

const (
	beforeStart moment = iota // the start was about to be sent
	unanswered                // it was sent, and is carried out
	following                 // its answer was noted
)

// killing ends the goroutine of a task at a moment, as the end of the process
// does: nothing is sent, noted or told any more. What the attempt then says of
// itself nobody hears.
type killing struct {
	http.RoundTripper
	at moment
}

func (k killing) RoundTrip(r *http.Request) (*http.Response, error) {
	start := r.Method == http.MethodPost
	if start && k.at == beforeStart {
		runtime.Goexit()
	}
	answer, err := k.RoundTripper.RoundTrip(r)
	if start && k.at == unanswered || strings.HasPrefix(r.URL.Path, "/qrs/executionsession/") && r.URL.Path != "/qrs/executionsession/full" {
		runtime.Goexit()
	}
	return answer, err
}

// kill makes an attempt that ends at a moment, and gives what is known of it.
func (b *bench) kill(at moment, arguments string) sdk.LostAttempt {
	b.t.Helper()
	started := time.Now()
	b.through(killing{memory{b.sim.Handler()}, at})
	defer b.through(memory{b.sim.Handler()})
	r := b.run(arguments)
	if r.Checkpoint() == nil {
		b.t.Fatalf("nothing was noted\n%s", logOf(r))
	}
	return sdk.LostAttempt{Attempt: 1, StartedAt: started, Checkpoint: r.Checkpoint()}
}

// byHand starts a task as somebody in Qlik Sense does.
func (b *bench) byHand(id string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost,
		"https://sense.example.com:4242/qrs/task/"+id+"/start/synchronous?xrfkey=0123456789abcdef", http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("X-Qlik-Xrfkey", "0123456789abcdef")
	r.Header.Set("X-Qlik-User", "UserDirectory=COMPANY; UserId=ada")
	answer, err := memory{b.sim.Handler()}.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusCreated {
		b.t.Fatalf("starting by hand: %v, %v", answer, err)
	}
	_ = answer.Body.Close()
}

// bare is a lost attempt whose checkpoint did not reach the host.
func bare(l sdk.LostAttempt) sdk.LostAttempt {
	l.Checkpoint = nil
	return l
}

func TestALostAttemptIsLookedUp(t *testing.T) {
	t.Parallel()
	const minutes = 2 * time.Minute // how long the slow task takes
	tests := map[string]struct {
		task      string
		at        moment
		bare      bool
		meanwhile func(*bench)
		status    sdktest.Status
		state     string
		text      string
		starts    int // that took effect, by whomever
	}{
		"killed before the start": {
			app1ID, beforeStart, false, nil, sdktest.Failed, "NotStarted", "was never started", 0,
		},
		"killed before the start, hours ago": {
			app1ID, beforeStart, false, func(*bench) { time.Sleep(5 * time.Hour) }, sdktest.Failed, "NotStarted", "was never started", 0,
		},
		"killed before the start, and nothing kept": {
			app1ID, beforeStart, true, nil, sdktest.Failed, "NotStarted", "was never started", 0,
		},
		"killed before the answer": {
			app1ID, unanswered, false, nil, sdktest.Succeeded, "FinishedSuccess", "reloaded Reload task of App1 in 2.1s", 1,
		},
		"killed before the answer, and nothing kept": {
			app1ID, unanswered, true, nil, sdktest.Succeeded, "FinishedSuccess", "reloaded Reload task of App1 in 2.1s", 1,
		},
		"killed before the answer, and it has ended": {
			app1ID, unanswered, false, func(*bench) { time.Sleep(time.Hour) }, sdktest.Succeeded, "FinishedSuccess", "reloaded", 1,
		},
		"killed before the answer, and it is tried again": {
			retriesID, unanswered, false, func(*bench) { time.Sleep(3 * time.Second) }, sdktest.Succeeded, "FinishedSuccess", "reloaded", 1,
		},
		"killed while it executes": {
			slowID, following, false, func(*bench) { time.Sleep(minutes / 2) }, sdktest.Succeeded, "FinishedSuccess", "reloaded Takes two minutes in 2m0s", 1,
		},
		"killed while it executes, and it has ended": {
			slowID, following, false, func(*bench) { time.Sleep(time.Hour) }, sdktest.Succeeded, "FinishedSuccess", "reloaded Takes two minutes in 2m0s", 1,
		},
		"killed while it executes, and it fails": {
			failsID, following, false, nil, sdktest.Failed, "FinishedFail", "FinishedFail: ", 1,
		},
		"and it fails, and nothing kept": {
			failsID, following, true, func(*bench) { time.Sleep(time.Hour) }, sdktest.Failed, "FinishedFail", "FinishedFail: ", 1,
		},
		"and somebody else has started the next": {
			app1ID, following, false, func(b *bench) { time.Sleep(time.Hour); b.byHand(app1ID) }, sdktest.Succeeded, "FinishedSuccess", "reloaded", 2,
		},
		"killed before the answer, and the next began much later": {
			app1ID, unanswered, false, func(b *bench) { time.Sleep(time.Hour); b.byHand(app1ID) }, sdktest.Succeeded, "FinishedSuccess", "reloaded", 2,
		},
		"killed before the answer, and somebody else has it executing": {
			app1ID, unanswered, false, func(b *bench) { time.Sleep(10 * time.Second); b.byHand(app1ID) }, sdktest.Succeeded, "FinishedSuccess", "reloaded", 2,
		},
		"two executions fit that have ended": {
			app1ID, unanswered, false, func(b *bench) {
				time.Sleep(10 * time.Second)
				b.byHand(app1ID)
				time.Sleep(time.Hour)
			}, sdktest.Lost, "Unknown", "2 executions of it in Qlik Sense fit", 2,
		},
		"killed before the start, and somebody else starts it": {
			slowID, beforeStart, false, func(b *bench) { time.Sleep(10 * time.Second); b.byHand(slowID) },
			sdktest.Lost, "Unknown", "was most likely started by somebody else", 1,
		},
		"killed before the start, and somebody else starts it later": {
			app1ID, beforeStart, false, func(b *bench) {
				time.Sleep(10 * time.Minute)
				b.byHand(app1ID)
				time.Sleep(time.Hour)
			}, sdktest.Lost, "Unknown", "was most likely started by somebody else", 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				lost := b.kill(tt.at, only(tt.task, ""))
				if tt.bare {
					lost = bare(lost)
				}
				if tt.meanwhile != nil {
					tt.meanwhile(b)
				}
				r := b.run(only(tt.task, ""), sdktest.WithLost(lost))
				wantStatus(t, r, tt.status)
				wantText(t, "text", r.Summary+r.Err, tt.text)
				if got := reportOf(t, r).Tasks[0]; got.Status != tt.state || got.Succeeded != (tt.status == sdktest.Succeeded) {
					t.Errorf("report %+v", got)
				}
				if r.Retry != sdktest.Default {
					t.Errorf("retry %q", r.Retry)
				}
				if b.took(tt.task) != tt.starts {
					t.Errorf("%d starts took effect", b.took(tt.task))
				}
			})
		})
	}
}

func TestAFailureIsToldAsIfItHadBeenFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		usual := reportOf(t, b.run(only(failsID, ""))).Tasks[0]
		lost := b.kill(following, only(failsID, ""))
		time.Sleep(time.Hour)
		found := reportOf(t, b.run(only(failsID, ""), sdktest.WithLost(lost))).Tasks[0]
		if found.Error != usual.Error || len(found.ScriptLog) == 0 || len(found.Details) != len(usual.Details) || found.Duration != usual.Duration {
			t.Errorf("got %+v\nusual %+v", found, usual)
		}
	})
}

func TestAnEarlierExecutionIsNotTakenForTheLostStart(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{true, false} {
		t.Run(fmt.Sprintf("kept %t", kept), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				wantStatus(t, b.run(only(app1ID, "")), sdktest.Succeeded)
				if !kept {
					time.Sleep(2 * clockSlack)
				}
				lost := b.kill(beforeStart, only(app1ID, ""))
				if !kept {
					lost = bare(lost)
				}
				r := b.run(only(app1ID, ""), sdktest.WithLost(lost))
				wantStatus(t, r, sdktest.Failed)
				wantText(t, "error", r.Err, "was never started")
			})
		})
	}
}

func TestAResumedAttemptThatIsCancelled(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]struct {
		text string
		left int
	}{
		"":                         {"the task goes on in Qlik Sense", 1},
		`, "stop_on_cancel": true`: {"the task in Qlik Sense has ended: Aborted", 0},
	} {
		t.Run(want.text, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				lost := b.kill(following, only(slowID, more))
				ctx, cancel := context.WithTimeoutCause(t.Context(), 30*time.Second, errors.New("cancelled by Ada"))
				defer cancel()
				r := b.run(only(slowID, more), sdktest.WithLost(lost), sdktest.WithContext(ctx))
				wantStatus(t, r, sdktest.Cancelled)
				wantText(t, "error", r.Err, "cancelled by Ada; "+want.text)
				if b.sim.Running() != want.left {
					t.Errorf("%d are executing", b.sim.Running())
				}
			})
		})
	}
}

func TestAResumedAttemptThatIsLostIsResumedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		lost := b.kill(unanswered, only(slowID, ""))
		b.through(killing{memory{b.sim.Handler()}, following})
		second := b.run(only(slowID, ""), sdktest.WithLost(lost))
		b.through(memory{b.sim.Handler()})
		time.Sleep(time.Hour)
		third := b.run(only(slowID, ""), sdktest.WithLost(sdk.LostAttempt{Attempt: 2, Checkpoint: second.Checkpoint()}))
		wantStatus(t, third, sdktest.Succeeded)
		if b.took(slowID) != 1 || countRequests(b, "POST") != 1 {
			t.Errorf("starts: %v", b.sim.Starts())
		}
	})
}

func TestATaskThatIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	for at, text := range map[moment]string{
		beforeStart: "the task is not in Qlik Sense any more; whether it was started cannot be known",
		following:   "no result of the execution is there",
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, qrssim.Options{})
			lost := b.kill(at, only(app1ID, ""))
			deleted := newBench(t, qrssim.Options{Seed: sharing()})
			r := deleted.run(only(app1ID, ""), sdktest.WithLost(lost))
			wantStatus(t, r, sdktest.Lost)
			wantText(t, "error", r.Err, text)
			r = deleted.run(only(app1ID, ""), sdktest.WithLost(bare(lost)))
			wantStatus(t, r, sdktest.Lost)
			wantText(t, "error", r.Err, "no task in Qlik Sense has the id")
		})
	}
}

func TestNothingIsKnownWhileQlikSenseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		lost := b.kill(unanswered, only(app1ID, ""))
		b.through(refusing{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		r := b.run(only(app1ID, ""), sdktest.WithLost(lost), sdktest.WithContext(ctx))
		wantStatus(t, r, sdktest.Lost)
		if !bytes.Equal(r.Checkpoint(), lost.Checkpoint) {
			t.Errorf("noted %s, was given %s", r.Checkpoint(), lost.Checkpoint)
		}
		b.through(memory{b.sim.Handler()})
		b.inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: 503, Path: "*", Times: 20})
		r = b.run(only(app1ID, ""), sdktest.WithLost(lost))
		wantStatus(t, r, sdktest.Succeeded)
	})
}

func TestANoteThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		r := b.run(only(app1ID, ""), sdktest.WithLost(sdk.LostAttempt{Checkpoint: []byte(`{"tasks": 1}`)}))
		wantStatus(t, r, sdktest.Lost)
		wantText(t, "error", r.Err, "reading the checkpoint of attempt 1")
	})
}

func TestSeveralTasksAreLookedUpEachOnItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{Seed: tagged()})
		const arguments = `{"tag": "some"}`
		lost := b.kill(following, arguments)
		time.Sleep(time.Hour)
		r := b.run(arguments, sdktest.WithLost(lost))
		wantStatus(t, r, sdktest.Failed)
		wantText(t, "error", r.Err, "2 of 3 tasks succeeded: Broken: ")
		if countRequests(b, "POST") != 3 {
			t.Errorf("starts: %v", b.sim.Starts())
		}
		// A tag that is gone does not change what was started.
		r = b.run(`{"tag": "other"}`, sdktest.WithLost(lost))
		wantText(t, "error", r.Err, "2 of 3 tasks succeeded: Broken: ")
	})
}

func TestATaskThatWasLeftAloneStaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, qrssim.Options{})
		b.byHand(slowID)
		first := b.run(only(slowID, `, "if_running": "skip"`))
		lost := sdk.LostAttempt{Checkpoint: first.Checkpoint()}
		r := b.run(only(slowID, `, "if_running": "skip"`), sdktest.WithLost(lost))
		wantStatus(t, r, sdktest.Succeeded)
		wantText(t, "summary", r.Summary, "left Takes two minutes alone")
		first = b.run(only(slowID, ""))
		r = b.run(only(slowID, ""), sdktest.WithLost(sdk.LostAttempt{Checkpoint: first.Checkpoint()}))
		wantStatus(t, r, sdktest.Failed)
		wantText(t, "error", r.Err, "not started: the task is already executing")
	})
}

func TestTheNoteOfHundredsOfTasksFits(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]error{"that succeeded": nil, "that failed": errors.New(strings.Repeat("x", 1000))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var last json.RawMessage
			a := sdk.NewAction("note", func(_ context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
				b := &batch{run: run, notes: newNotes(run, checkpoint{StartedAt: time.Now()})}
				for i := range maxTasks {
					j := &job{batch: b, log: run.Log, err: status, latest: []uuid.UUID{uuid.New(), uuid.New()}}
					j.task.ID = uuid.New()
					if err := j.noteStart(time.Now()); err != nil {
						return struct{}{}, err
					}
					if i >= maxTasks-maxInFlight {
						continue
					}
					j.noteSession(t.Context(), uuid.New())
					j.noteEnd()
				}
				return struct{}{}, nil
			})
			r := sdktest.Run(t, a, "{}")
			wantStatus(t, r, sdktest.Succeeded)
			last = r.Checkpoint()
			var c checkpoint
			if err := json.Unmarshal(last, &c); err != nil {
				t.Fatal(err)
			}
			if n := len(c.ids()); n != maxTasks {
				t.Errorf("%d tasks are noted in %d bytes", n, len(last))
			}
		})
	}
}

func TestWhatTheUserMayNotDoIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault qrssim.Fault
		retry sdktest.Retry
	}{
		"a site that does not know the user": {qrssim.Fault{Kind: qrssim.FaultStatus, Status: 401, Path: "/qrs/task/full"}, sdktest.Never},
		"a start that is forbidden":          {qrssim.Fault{Kind: qrssim.FaultStatus, Status: 403, Body: "Forbidden", Path: startPath}, sdktest.Never},
		"a task that is gone":                {qrssim.Fault{Kind: qrssim.FaultStatus, Status: 404, Path: startPath}, sdktest.Never},
		"too many sessions":                  {qrssim.Fault{Kind: qrssim.FaultStatus, Status: 403, Body: "OnMaxParallelSessionsExceeded", Path: startPath}, sdktest.Default},
		"a site in trouble":                  {qrssim.Fault{Kind: qrssim.FaultStatus, Status: 503, Path: "/qrs/task/full"}, sdktest.Default},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{})
				b.inject(tt.fault)
				r := b.run(only(app1ID, ""))
				wantStatus(t, r, sdktest.Failed)
				if r.Retry != tt.retry {
					t.Errorf("retry %q of %q", r.Retry, r.Err)
				}
			})
		})
	}
}
