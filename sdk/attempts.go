package sdk

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// errCancelled is the cause of a cancellation for which no reason was given.
var errCancelled = errors.New("cancelled by the host")

// attempts are the executions in flight, and the lease that allows them.
type attempts struct {
	// exit ends the process when attempts outlive their lease; nil: nothing does.
	exit func(why string)

	mu    sync.Mutex
	open  map[*execution]struct{}
	named map[attemptKey]*execution // those that can be named
	idle  chan struct{}             // made by the first waiter, closed when none is open
	lease lease
	timer *time.Timer // looks at the lease; nil before the first Renew
}

// execution is one attempt in flight.
type execution struct {
	key       attemptKey
	cancel    context.CancelCauseFunc
	abandoned bool // the lease under which it began has run out
	returned  bool // nothing executes any more; its result may still be on the way
}

type attemptKey struct {
	run     string
	attempt int32
}

// begin counts an attempt in and makes its context, which Cancel and the end of
// the lease can end. The error is a status: nothing may be started.
func (a *attempts) begin(ctx context.Context, r *actionv1.Run) (context.Context, *execution, error) {
	x := &execution{key: attemptKey{r.GetId(), r.GetAttempt()}}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.named[x.key] != nil {
		return nil, nil, status.Errorf(codes.AlreadyExists, "attempt %d of run %q is executing", x.key.attempt, x.key.run)
	}
	if err := a.admit(); err != nil {
		return nil, nil, err
	}
	ctx, x.cancel = context.WithCancelCause(ctx)
	if a.open == nil {
		a.open = make(map[*execution]struct{})
		a.named = make(map[attemptKey]*execution)
	}
	a.open[x] = struct{}{}
	if x.key.run != "" { // a run without an ID can be many, and cannot be named
		a.named[x.key] = x
	}
	return ctx, x, nil
}

// returned says that the action of x has returned, before its result is sent: a
// host that has the result may at once send what only then is allowed.
func (a *attempts) returned(x *execution) {
	a.mu.Lock()
	defer a.mu.Unlock()
	x.returned = true
	a.forget(x)
}

// forget makes x one that cannot be named. The caller holds a.mu.
func (a *attempts) forget(x *execution) {
	if a.named[x.key] == x {
		delete(a.named, x.key)
	}
}

// end counts x out. It may follow without returned.
func (a *attempts) end(x *execution) {
	x.cancel(nil)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, x)
	a.forget(x)
	if len(a.open) == 0 && a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
}

// cancel ends the context of an attempt. It is false when there is none.
func (a *attempts) cancel(key attemptKey, reason string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	x, ok := a.named[key]
	if !ok {
		return false
	}
	cause := errCancelled
	if reason != "" {
		cause = errors.New(reason)
	}
	x.cancel(cause)
	return true
}

// wait returns when nothing is executing, or after the limit.
func (a *attempts) wait(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-a.drained():
	case <-timer.C:
	}
}

func (a *attempts) drained() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.idle == nil {
		a.idle = make(chan struct{})
	}
	idle := a.idle
	if len(a.open) == 0 {
		close(a.idle)
		a.idle = nil
	}
	return idle
}
