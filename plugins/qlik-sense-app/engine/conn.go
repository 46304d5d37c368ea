package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// How it is found out that the other end is gone, although nothing says so. An
// engine that reloads with all its processors may be slow to answer, and to give
// up the connection ends the reload: it gets time.
const (
	pingEvery = 30 * time.Second
	pongLimit = 2 * time.Minute
)

// Conn is a session. It may be used concurrently. It is made by Dialer.Dial and
// has to be closed.
type Conn struct {
	ws      *websocket.Conn
	host    string
	timeout time.Duration
	ended   chan struct{} // closed when nothing is read any more
	work    sync.WaitGroup

	mu      sync.Mutex
	last    int64              // id of the newest request
	pending map[int64]*Pending // sent and not answered, by id
	broken  error              // why nothing can be sent any more; nil while it can
}

func newConn(ws *websocket.Conn, host string, timeout time.Duration) *Conn {
	c := &Conn{ws: ws, host: host, timeout: timeout, ended: make(chan struct{}), pending: map[int64]*Pending{}}
	c.work.Go(c.read)
	c.work.Go(c.keepAlive)
	return c
}

// Close ends the session in order, which takes five seconds at most, and with it
// whatever the engine is doing for it.
func (c *Conn) Close() {
	c.breakOff(errors.New("the connection was closed"))
	_ = c.ws.Close(websocket.StatusNormalClosure, "") // an end that is not in order is one too
	c.work.Wait()
}

// read takes messages until the connection ends. It is a goroutine of newConn.
func (c *Conn) read() {
	defer close(c.ended)
	for {
		_, data, err := c.ws.Read(context.Background())
		if err != nil {
			c.breakOff(whyEnded(err))
			return
		}
		if err := c.take(data); err != nil {
			c.breakOff(err)
			_ = c.ws.CloseNow()
			return
		}
	}
}

// take hands an answer to whoever waits for it. One that nobody waits for any more
// is dropped. An error ends the connection.
func (c *Conn) take(data []byte) error {
	m, err := decode(data)
	switch {
	case err != nil:
		return err
	case m.Method != "":
		return notified(m)
	}
	if p := c.remove(*m.ID); p != nil {
		if m.Error != nil {
			p.end(nil, m.Error.asError())
		} else {
			p.end(m.Result, nil)
		}
	}
	return nil
}

// keepAlive is a goroutine of newConn that ends with the connection, or ends it.
func (c *Conn) keepAlive() {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.ended:
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), pongLimit)
		err := c.ws.Ping(ctx)
		cancel()
		if err != nil {
			c.breakOff(fmt.Errorf("it has not given a sign of life for %s", pongLimit))
			_ = c.ws.CloseNow()
			return
		}
	}
}

// breakOff fails all that is pending, and whatever comes later. The first reason
// counts.
func (c *Conn) breakOff(reason error) {
	c.mu.Lock()
	if c.broken != nil {
		c.mu.Unlock()
		return
	}
	c.broken = reason
	pending := c.pending
	c.pending = nil
	c.mu.Unlock()
	for _, p := range pending {
		p.end(nil, reason)
	}
}

func (c *Conn) remove(id int64) *Pending {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pending[id]
	delete(c.pending, id)
	return p
}

// whyEnded puts the end of a connection into words.
func whyEnded(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		return errors.New("it sent a message that is longer than is taken")
	case errors.As(err, &closed):
		text := fmt.Sprintf("it closed the connection with code %d", closed.Code)
		if closed.Reason != "" {
			text += ": " + excerpt(closed.Reason)
		}
		return errors.New(text)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return errors.New("the connection ended")
	}
	return fmt.Errorf("the connection ended: %w", innermostOf(err))
}

// innermostOf leaves out the layers of the library.
func innermostOf(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	return err
}
