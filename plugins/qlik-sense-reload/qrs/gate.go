package qrs

import (
	"context"
	"sync"
	"time"
)

// sessionIdle is when a session of the proxy may be gone. By default it ends
// after 30 minutes without a request.
const sessionIdle = 5 * time.Minute

// gate lets requests through one at a time until a session of the proxy is known
// to be there. Each request without one's cookie opens another, and a user may
// have only five.
type gate struct {
	turn chan struct{} // holds one token, which is taken to open a session

	mu     sync.Mutex
	usedAt time.Time // when the session was used last; zero before the first time
}

func newGate() *gate {
	g := &gate{turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// enter waits until a request may be made. leave is called when it has ended,
// with whether the host accepted it.
func (g *gate) enter(ctx context.Context) (leave func(ok bool), err error) {
	if g == nil {
		return func(bool) {}, nil
	}
	if g.open() {
		return g.used, nil
	}
	select {
	case <-g.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return func(ok bool) {
		g.used(ok)
		g.turn <- struct{}{}
	}, nil
}

func (g *gate) open() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.usedAt.IsZero() && time.Since(g.usedAt) < sessionIdle
}

// used closes the gate after a request that was not accepted: the session may
// have ended early.
func (g *gate) used(ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.usedAt = time.Time{}
	if ok {
		g.usedAt = time.Now()
	}
}
