package qrssim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// grace is how long Stop lets requests end before it closes their connections.
const grace = time.Second

// listener is a listener that serves.
type listener struct {
	addr   string
	server *http.Server
	cancel context.CancelFunc // ends requests that wait on purpose
	done   chan struct{}      // closed when nothing is accepted any more
}

// listen serves at an address until stop.
func listen(addr string, config *tls.Config, handler http.HandlerFunc) (*listener, error) {
	socket, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{
		addr:   socket.Addr().String(),
		cancel: cancel,
		done:   make(chan struct{}),
		server: &http.Server{
			Handler:           handler,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    64 << 10,
			// Failed handshakes are for the client to report.
			ErrorLog: log.New(io.Discard, "", 0),
		},
	}
	go l.accept(tls.NewListener(socket, config))
	return l, nil
}

// accept ends when the server is shut down or closed.
func (l *listener) accept(socket net.Listener) {
	defer close(l.done)
	_ = l.server.Serve(socket) // always an error: that it was closed
}

// stop ends requests and connections, the patient way for a moment only: clients
// keep connections open without using them.
func (l *listener) stop(ctx context.Context) error {
	l.cancel()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := l.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = l.server.Close()
	}
	<-l.done
	return err
}
