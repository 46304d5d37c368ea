package api

import (
	"bufio"
	"context"
	"net/http"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// maxStreams is how many streams may be open at a time. Each asks the store about
// four times a second.
const maxStreams = 100

// streams are the answers that go on until there is no more to say.
type streams struct {
	// ctx ends as the server begins to stop: streams would keep it from stopping.
	ctx  context.Context
	stop context.CancelFunc
	free chan struct{} // holds a token for each stream that may still be opened
	open sync.WaitGroup
}

func newStreams(working context.Context) *streams {
	s := &streams{free: make(chan struct{}, maxStreams)}
	s.ctx, s.stop = context.WithCancel(working)
	for range maxStreams {
		s.free <- struct{}{}
	}
	return s
}

// wait waits until all streams have ended. No stream may be opened meanwhile.
func (s *streams) wait() { s.open.Wait() }

// answer sends what write writes, piece by piece and as that type of media, once the
// handler has returned: write must not use c. Its writes fail when the client is gone, and its context
// ends when it has to end. The connection is closed after it.
func (s *streams) answer(c *fiber.Ctx, media string, write func(ctx context.Context, w *bufio.Writer)) error {
	if s.ctx.Err() != nil {
		return &fault{status: http.StatusServiceUnavailable, kind: kindStopping, detail: "the host is stopping", retryAfter: retryLater}
	}
	if c.Method() != fiber.MethodHead { // whose answer has no body
		if err := s.begin(c, write); err != nil {
			return err
		}
	}
	c.Set(fiber.HeaderContentType, media)
	c.Context().SetConnectionClose()
	return nil
}

func (s *streams) begin(c *fiber.Ctx, write func(ctx context.Context, w *bufio.Writer)) error {
	select {
	case <-s.free:
	default:
		return &fault{status: http.StatusServiceUnavailable, kind: kindStreams, detail: "too many streams are open on this host", retryAfter: retryLater}
	}
	s.open.Add(1)
	// fasthttp calls it in a goroutine of its own, always, and closes the pipe below
	// w when the connection ends.
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer s.open.Done()
		defer func() { s.free <- struct{}{} }()
		write(s.ctx, w)
	})
	return nil
}
