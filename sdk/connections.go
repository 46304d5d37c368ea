package sdk

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/stats"
)

// How long a plugin process lives without a host. go-plugin leaves it running
// for ever when the host is killed.
const (
	lonelyAtStart = time.Minute            // until the first connection
	lonelyAfter   = 500 * time.Millisecond // after the last has ended
)

// connections calls a function once no host is connected.
type connections struct {
	mu    sync.Mutex
	open  int
	timer *time.Timer
}

var _ stats.Handler = (*connections)(nil)

// watchConnections starts with none open. alone is called at most once, in a
// goroutine of its own.
func watchConnections(alone func()) *connections {
	return &connections{timer: time.AfterFunc(lonelyAtStart, alone)}
}

// HandleConn counts.
func (c *connections) HandleConn(_ context.Context, s stats.ConnStats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s.(type) {
	case *stats.ConnBegin:
		c.open++
		c.timer.Stop()
	case *stats.ConnEnd:
		c.open--
		if c.open == 0 {
			c.timer.Reset(lonelyAfter)
		}
	}
}

// TagConn, TagRPC and HandleRPC have nothing to do here.
func (c *connections) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (c *connections) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (c *connections) HandleRPC(context.Context, stats.RPCStats) {}
