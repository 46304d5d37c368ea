package api

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// listener is the one that Serve was given, with connections that can linger.
type listener struct {
	net.Listener
	once sync.Once
	err  error
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// Close implements net.Listener. It closes once, however often it is asked:
// fasthttp gives up its shutdown when closing fails.
func (l *listener) Close() error {
	l.once.Do(func() { l.err = l.Listener.Close() })
	return l.err
}

// conn is a connection that may linger as it is closed.
type conn struct {
	net.Conn
	lingering atomic.Bool
}

// Bounds of what is read of a request that was refused for its size.
const (
	lingerBytes = 16 << 20
	lingerTime  = 2 * time.Second
)

// linger makes Close wait for what the client still sends. A connection that is
// closed with bytes unread is reset, and the client would never see why its
// request was refused.
func (c *conn) linger() { c.lingering.Store(true) }

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.lingering.Swap(false) && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // ends as the client does
	}
	return c.Conn.Close()
}
