package api

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// listener is the one that Serve was given, with connections that know whether
// anything was said on them and can linger.
type listener struct {
	net.Listener
	once sync.Once
	err  error         // of closing
	done chan struct{} // closed by Close

	mu     sync.Mutex
	closed bool
	silent map[*conn]bool // connections on which nothing has come yet
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, done: make(chan struct{}), silent: map[*conn]bool{}}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	inner, err := l.accept()
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

// acceptAgain is how long Accept waits for file descriptors when there are none.
const acceptAgain = 100 * time.Millisecond

// accept waits for a connection as long as it takes. fasthttp would end at the first
// error, and with it the host: too many connections would be enough.
func (l *listener) accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		var number syscall.Errno
		if err == nil || !errors.As(err, &number) || !number.Temporary() {
			return c, err
		}
		select {
		case <-time.After(acceptAgain):
		case <-l.done:
			return nil, net.ErrClosed
		}
	}
}

// Close implements net.Listener. It closes once, however often it is asked:
// fasthttp gives up its shutdown when closing fails. Connections on which nothing
// has come are closed too: browsers open some in advance, and fasthttp's shutdown
// would wait for them.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.err = l.Listener.Close()
		close(l.done)
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

// conn is a connection that bounds its writes, and may linger as it is closed.
type conn struct {
	net.Conn
	listener         *listener
	heard, lingering atomic.Bool
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.heard.Swap(true) {
		c.listener.forget(c)
	}
	return n, err
}

// Bounds of writing. A client that takes nothing for so long is gone: without them
// one that asks and never reads would hold what it asked for until the host ends. A
// timeout of fasthttp's would bound an answer as a whole, be it a stream.
const (
	writeTimeout = 10 * time.Second
	writePart    = 64 << 10 // bytes that are to be taken in that time
)

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(p[written:min(len(p), written+writePart)])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
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
