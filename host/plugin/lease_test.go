package plugin

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/run"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

func renew(t *testing.T, p *Plugin, validFor time.Duration) {
	t.Helper()
	if err := p.Renew(t.Context(), validFor); err != nil {
		t.Fatal(err)
	}
}

func TestAttemptsEndWithTheLease(t *testing.T) {
	t.Parallel()
	t.Run("and nothing begins until it is renewed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := piped(t)
			renew(t, p, 10*time.Second)
			begun := time.Now()
			ending, log := execute(t.Context(), p, "wait", `{}`)
			if ending.Status != run.StatusCancelled || ending.Cause != run.CauseLeaseLost || time.Since(begun) != 10*time.Second {
				t.Errorf("ending = %+v after %s", ending, time.Since(begun))
			}
			if got := string(log[len(log)-1].Attributes); got != `{"cause":"the host's lease has run out"}` {
				t.Errorf("the action was told %s", got)
			}
			if ending, log := execute(t.Context(), p, "greet", `{}`); ending.Fault != run.FaultPluginDown || len(log) > 0 {
				t.Errorf("without a lease: ending = %+v", ending)
			}
			renew(t, p, 10*time.Second)
			if ending, _ := execute(t.Context(), p, "greet", `{}`); ending.Status != run.StatusSucceeded {
				t.Errorf("renewed: ending = %+v", ending)
			}
		})
	})
	t.Run("and go on while it is renewed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := piped(t)
			renew(t, p, 10*time.Second)
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, Cause{run.CauseTimeout})
			defer cancel()
			go func() {
				for ctx.Err() == nil {
					renew(t, p, 10*time.Second)
					time.Sleep(9 * time.Second)
				}
			}()
			if ending, _ := execute(ctx, p, "wait", `{}`); ending.Cause != run.CauseTimeout {
				t.Errorf("ending = %+v", ending)
			}
			time.Sleep(10 * time.Second)
		})
	})
	t.Run("or their process does, and the next one has no longer a lease", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := piped(t)
			renew(t, p, 10*time.Second)
			begun := time.Now()
			ending, _ := execute(t.Context(), p, "deaf", `{}`)
			if ending.Fault != run.FaultPluginDied || time.Since(begun) != 11*time.Second {
				t.Errorf("ending = %+v after %s", ending, time.Since(begun))
			}
			time.Sleep(5 * time.Second) // the next process is there, with the shortest lease there is
			if ending, _ := execute(t.Context(), p, "greet", `{}`); ending.Fault != run.FaultPluginDown || !strings.Contains(ending.Error, "lease") {
				t.Errorf("after the restart: ending = %+v", ending)
			}
			if s := p.Status(); s.Restarts != 1 || !strings.Contains(s.LastError, "did not end within 1s") {
				t.Errorf("status = %+v", s)
			}
			renew(t, p, time.Second)
			if ending, _ := execute(t.Context(), p, "greet", `{}`); ending.Status != run.StatusSucceeded {
				t.Errorf("renewed: ending = %+v", ending)
			}
			time.Sleep(time.Hour) // the deaf handler ends
		})
	})
}

func TestAProcessIsToldWhatRemainsOfTheLease(t *testing.T) {
	t.Parallel()
	t.Run("when it follows another", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := piped(t)
			renew(t, p, time.Minute)
			begun := time.Now()
			time.Sleep(10 * time.Second)
			p.Abort()
			ending, _ := execute(t.Context(), p, "wait", `{}`)
			if ending.Cause != run.CauseLeaseLost || time.Since(begun) != time.Minute {
				t.Errorf("ending = %+v after %s", ending, time.Since(begun))
			}
		})
	})
	t.Run("when it is the first", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := New(Options{Spec: Spec{Name: "tester", Make: testPlugin}, Log: testLog(t)})
			renew(t, p, time.Minute)
			time.Sleep(time.Hour)
			start(t, p)
			time.Sleep(time.Microsecond) // more than the shortest lease there is
			if ending, _ := execute(t.Context(), p, "greet", `{}`); ending.Fault != run.FaultPluginDown {
				t.Errorf("ending = %+v", ending)
			}
		})
	})
	t.Run("unless there is none any more", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := piped(t)
			renew(t, p, time.Second)
			renew(t, p, 0)
			p.Abort()
			time.Sleep(time.Hour)
			if ending, _ := execute(t.Context(), p, "greet", `{}`); ending.Status != run.StatusSucceeded {
				t.Errorf("ending = %+v", ending)
			}
		})
	})
}

// leased is a plugin whose Renew does what its field says.
type leased struct {
	actionv1.UnimplementedActionServiceServer
	features []string
	renew    func(context.Context, time.Duration)
}

func (l leased) Describe(context.Context, *actionv1.DescribeRequest) (*actionv1.DescribeResponse, error) {
	return &actionv1.DescribeResponse{Name: "leased", Features: l.features}, nil
}

func (l leased) Renew(ctx context.Context, r *actionv1.RenewRequest) (*actionv1.RenewResponse, error) {
	l.renew(ctx, r.GetValidFor().AsDuration())
	return &actionv1.RenewResponse{}, nil
}

// launching lets a function be a launcher.
type launching func() (*process, error)

func (l launching) launch(context.Context) (*process, error) { return l() }

func startLeased(t *testing.T, l leased) *Plugin {
	t.Helper()
	p := New(Options{Spec: Spec{Name: "leased"}, Log: testLog(t)})
	p.launcher = launching(func() (*process, error) { return servePipe(l) })
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func TestRenewLeavesAPluginAloneThatHeedsNoLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := startLeased(t, leased{features: []string{"cancel"}})
		if err := p.Renew(t.Context(), time.Minute); err != nil || p.Status().HeedsLease {
			t.Errorf("Renew = %v, status = %+v", err, p.Status())
		}
		if q := piped(t); !q.Status().HeedsLease {
			t.Errorf("a plugin of the sdk: status = %+v", q.Status())
		}
	})
}

func TestRenewTellsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []time.Duration
		p := startLeased(t, leased{features: []string{"renew"}, renew: func(_ context.Context, d time.Duration) { told = append(told, d) }})
		for _, d := range []time.Duration{time.Minute, -time.Second, 0} {
			renew(t, p, d)
		}
		if len(told) != 3 || told[0] != time.Minute || told[1] != 1 || told[2] != 0 {
			t.Errorf("told %v: a lease that is over is told as one that ends at once", told)
		}
	})
}

func TestRenewDoesNotWaitForAPluginThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := startLeased(t, leased{features: []string{"renew"}, renew: func(ctx context.Context, _ time.Duration) { <-ctx.Done() }})
		begun := time.Now()
		if err := p.Renew(t.Context(), time.Minute); err == nil || time.Since(begun) != time.Second {
			t.Errorf("Renew = %v after %s", err, time.Since(begun))
		}
	})
}

func TestALeaseThatChangesDuringAStartIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []time.Duration
		p := New(Options{Spec: Spec{Name: "leased"}, Log: testLog(t)})
		l := leased{features: []string{"renew"}}
		l.renew = func(ctx context.Context, d time.Duration) {
			if told = append(told, d); len(told) == 1 {
				_ = p.Renew(ctx, time.Hour) // there is no process yet that could be told
			}
		}
		p.launcher = launching(func() (*process, error) { return servePipe(l) })
		renew(t, p, time.Minute)
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		if len(told) != 2 || told[1] != time.Hour {
			t.Errorf("told %v", told)
		}
	})
}

func TestAbort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := piped(t)
		ended := make(chan run.Ending, 1)
		go func() {
			ending, _ := execute(t.Context(), p, "deaf", `{}`)
			ended <- ending
		}()
		synctest.Wait()
		begun := time.Now()
		p.Abort()
		p.Abort()
		if ending := <-ended; ending.Fault != run.FaultPluginDied || time.Since(begun) != 0 {
			t.Errorf("ending = %+v after %s", ending, time.Since(begun))
		}
		if ending, _ := execute(t.Context(), p, "greet", `{}`); ending.Status != run.StatusSucceeded || p.Status().Restarts != 1 {
			t.Errorf("ending = %+v, status = %+v", ending, p.Status())
		}
		p.Stop()
		p.Abort() // nothing is there any more
		time.Sleep(time.Hour)
	})
}

func TestWhatRemainsOfALeaseIsNeverZero(t *testing.T) {
	t.Parallel()
	from := time.Now()
	v := validity{lasts: time.Minute, from: from}
	if got := v.left(from.Add(20 * time.Second)); got != 40*time.Second {
		t.Errorf("after 20 s: %s", got)
	}
	if got := v.left(from.Add(time.Hour)); got != 1 {
		t.Errorf("when nothing remains: %s", got)
	}
	if got := (validity{}).left(from); got != 0 {
		t.Errorf("without a lease: %s", got)
	}
}

// Abort is abort for the process of the moment.
func (p *Plugin) Abort() {
	p.mu.Lock()
	proc := p.process
	p.mu.Unlock()
	p.abort(proc)
}
