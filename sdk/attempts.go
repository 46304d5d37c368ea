package sdk

import (
	"context"
	"errors"
	"sync"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// errCancelled is the cause of a cancellation for which no reason was given.
var errCancelled = errors.New("cancelled by the host")

// attempts are the executions in flight.
type attempts struct {
	mu      sync.Mutex
	running int
	cancels map[attemptKey]context.CancelCauseFunc
	idle    chan struct{} // made by the first waiter, closed when running is 0
}

type attemptKey struct {
	run     string
	attempt int32
}

// begin counts an attempt in and makes its context, which Cancel can end. It
// is false when that very attempt is executing already.
func (a *attempts) begin(ctx context.Context, r *actionv1.Run) (_ context.Context, end func(), ok bool) {
	key := attemptKey{r.GetId(), r.GetAttempt()}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, taken := a.cancels[key]; taken && key.run != "" {
		return nil, nil, false
	}
	ctx, cancel := context.WithCancelCause(ctx)
	a.running++
	if a.cancels == nil {
		a.cancels = make(map[attemptKey]context.CancelCauseFunc)
	}
	if key.run != "" { // a run without an ID can be many, and cannot be named
		a.cancels[key] = cancel
	}
	return ctx, func() { a.end(key, cancel) }, true
}

func (a *attempts) end(key attemptKey, cancel context.CancelCauseFunc) {
	cancel(nil)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.cancels, key)
	a.running--
	if a.running == 0 && a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
}

// cancel ends the context of an attempt. It is false when there is none.
func (a *attempts) cancel(key attemptKey, reason string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	cancel, ok := a.cancels[key]
	if !ok {
		return false
	}
	cause := errCancelled
	if reason != "" {
		cause = errors.New(reason)
	}
	cancel(cause)
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
	if a.running == 0 {
		close(a.idle)
		a.idle = nil
	}
	return idle
}
