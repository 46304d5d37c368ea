package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/schedule"
)

// Limits on requests and connections.
const (
	maxBody     = 1 << 20 // bytes; Butler's limit
	maxHeader   = 16 << 10
	readTimeout = 10 * time.Second // also ends connections that never say anything
	idleTimeout = 60 * time.Second
	// maxConnections bounds the memory that open connections take: about 40 KB each.
	// Those beyond are answered with 503, in plain text, by fasthttp.
	maxConnections = 8192
)

// Server answers the API on one listener. A stopped server is not started again.
type Server struct {
	opts  Options
	app   *fiber.App
	specs *schedule.Cache

	// working ends when nobody waits for answers any more.
	working     context.Context
	stopWorking context.CancelFunc
	streams     *streams
	clients     *clients
	listed      listed

	mu       sync.Mutex
	stopping bool
	listener *listener     // set by Serve
	served   chan struct{} // closed when Serve has ended
}

// New makes a server that does not listen yet.
func New(o Options) (*Server, error) {
	if o.V4Responses != Examples && o.V4Responses != Butler16 {
		return nil, fmt.Errorf("v4 responses %q: must be %q or %q", o.V4Responses, Examples, Butler16)
	}
	s := &Server{opts: o, specs: schedule.NewCache(), served: make(chan struct{}), clients: newClients()}
	s.working, s.stopWorking = context.WithCancel(context.Background())
	s.streams = newStreams(s.working)
	s.app = fiber.New(fiber.Config{
		AppName:               "butlerd",
		DisableStartupMessage: true,
		// Without it, strings taken from a request change when its memory is used for
		// the next one.
		Immutable:     true,
		CaseSensitive: true, // as Butler's routes are
		StrictRouting: true,
		// Paths are matched as they were sent, and ids are decoded by pathID: decoded
		// before, an id with a slash in it would hit another route.
		UnescapePath:   false,
		ReadTimeout:    readTimeout,
		IdleTimeout:    idleTimeout,
		Concurrency:    maxConnections,
		BodyLimit:      maxBody,
		ReadBufferSize: maxHeader,
		// Parsed forms would go to temporary files, and nothing here takes one.
		DisablePreParseMultipartForm: true,
		ErrorHandler:                 s.handleError,
	})
	s.routes()
	s.app.Server().Handler = checkMethod(s.app.Handler())
	return s, nil
}

// Serve answers requests until Stop. It takes the listener over, and may be
// called once.
func (s *Server) Serve(given net.Listener) error {
	l := newListener(given)
	s.mu.Lock()
	stopping, serving := s.stopping, s.listener != nil
	if !stopping && !serving {
		s.listener = l
	}
	s.mu.Unlock()
	switch {
	case stopping:
		return l.Close()
	case serving:
		return errors.New("the API is served already")
	}
	defer close(s.served)
	return s.app.Listener(l)
}

// Stop ends Serve, be it under way or to come, and waits until open requests are
// answered or ctx is done. It is repeatable.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	l := s.listener
	s.mu.Unlock()
	defer s.stopWorking()
	s.streams.stop() // before fasthttp, which would wait for them
	if l == nil {
		return nil
	}
	// fasthttp does not know a listener before its Serve has got that far, and
	// would accept on it after Shutdown: so it is closed here first.
	if err := l.Close(); err != nil {
		return fmt.Errorf("closing the listener: %w", err)
	}
	if err := s.app.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("waiting for open requests: %w", err)
	}
	s.streams.wait()
	select {
	case <-s.served:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// askTimeout bounds what a request asks of the store. fasthttp does not notice a
// client that is gone, so the request's own context would bound nothing.
const askTimeout = 15 * time.Second

// ask is the context of a question to the store or the host.
func (s *Server) ask() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.working, askTimeout)
}
