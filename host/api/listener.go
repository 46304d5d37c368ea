package api

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// listener is the one that Serve was given, with connections that know whether
// anything was said on them and can linger.
type listener struct {
	net.Listener
	once sync.Once
	err  error // of closing

	mu     sync.Mutex
	closed bool
	silent map[*conn]bool // connections on which nothing has come yet
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, silent: map[*conn]bool{}}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, listener: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = inner.Close() // it came too late; nobody hears how that went
		return nil, net.ErrClosed
	}
	l.silent[c] = true
	return c, nil
}

// Close implements net.Listener. It closes once, however often it is asked:
// fasthttp gives up its shutdown when closing fails. Connections on which nothing
// has come are closed too: browsers open some in advance, and fasthttp's shutdown
// would wait for them.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.err = l.Listener.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.closed = true
		for c := range l.silent {
			_ = c.Conn.Close() // there is nothing to lose on it
		}
	})
	return l.err
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.silent, c)
}

// conn is a connection that may bound its writes, and linger as it is closed.
type conn struct {
	net.Conn
	listener                    *listener
	heard, lingering, streaming atomic.Bool
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.heard.Swap(true) {
		c.listener.forget(c)
	}
	return n, err
}

// writeTimeout bounds each write of a stream. A timeout of fasthttp's would bound
// the stream as a whole.
const writeTimeout = 10 * time.Second

// stream makes each write fail that the client does not take in time, from now
// on.
func (c *conn) stream() { c.streaming.Store(true) }

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if c.streaming.Load() {
		if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
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
	c.listener.forget(c)
	if c.lingering.Swap(false) && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // ends as the client does
	}
	return c.Conn.Close()
}
