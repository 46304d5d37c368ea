package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// Global is the handle of the engine itself, on which a session begins.
const Global = -1

// Request is one call of a method.
type Request struct {
	Handle  int // of the object: Global, or what OpenDoc and the like gave
	Method  string
	Params  []any         // in the order of Qlik's documentation
	Timeout time.Duration // 0: the Dialer's
}

// Pending is a request that was sent.
type Pending struct {
	id     int64
	conn   *Conn
	method string
	done   chan struct{}
	result json.RawMessage
	err    error
}

// ID is the request's, as GetProgress wants it.
func (p *Pending) ID() int64 { return p.id }

// Done is closed when the request is answered, or never will be.
func (p *Pending) Done() <-chan struct{} { return p.done }

// Result decodes the answer into v, which may be nil. It is for after Done.
func (p *Pending) Result(v any) error {
	if p.err != nil {
		return p.conn.failed(p.method, p.err)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(p.result, v); err != nil {
		return p.conn.failed(p.method, fmt.Errorf("%w: %s", errMalformed, excerpt(err.Error())))
	}
	return nil
}

// end is called once: whoever takes a Pending out of the map ends it.
func (p *Pending) end(result json.RawMessage, err error) {
	p.result, p.err = result, err
	close(p.done)
}

// Start sends a request without waiting for the answer. Its Timeout is that of the
// sending. With an error that does not wrap ErrNotSent, it may have arrived.
func (c *Conn) Start(r Request) (*Pending, error) {
	p, err := c.register(r.Method)
	if err != nil {
		return nil, err
	}
	params := r.Params
	if params == nil {
		params = []any{}
	}
	data, err := json.Marshal(request{Version: "2.0", ID: p.id, Handle: r.Handle, Method: r.Method, Params: params})
	if err != nil {
		c.remove(p.id)
		return nil, c.failed(r.Method, fmt.Errorf("%w: %w", ErrNotSent, err))
	}
	// Not the caller's context: one that ends while something is written takes the
	// connection with it, and after a cancellation there is more to say.
	ctx, cancel := context.WithTimeout(context.Background(), c.limit(r))
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, data); err != nil {
		c.breakOff(whyEnded(err))
		if <-p.done; p.err != nil { // else it was answered all the same
			return nil, p.Result(nil)
		}
	}
	return p, nil
}

// register makes a pending request before it is sent: the answer may be quicker.
func (c *Conn) register(method string) (*Pending, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return nil, c.failed(method, fmt.Errorf("%w: %w", ErrNotSent, c.broken))
	}
	c.last++
	p := &Pending{id: c.last, conn: c, method: method, done: make(chan struct{})}
	c.pending[p.id] = p
	return p, nil
}

// Call sends a request and decodes the answer into v, which may be nil.
func (c *Conn) Call(ctx context.Context, r Request, v any) error {
	if ctx.Err() != nil {
		return c.failed(r.Method, fmt.Errorf("%w: %w", ErrNotSent, context.Cause(ctx)))
	}
	p, err := c.Start(r)
	if err != nil {
		return err
	}
	timer := time.NewTimer(c.limit(r))
	defer timer.Stop()
	select {
	case <-p.done:
		return p.Result(v)
	case <-ctx.Done():
		err = fmt.Errorf("%w: %w", errNoAnswer, context.Cause(ctx))
	case <-timer.C:
		err = fmt.Errorf("%w within %s", errNoAnswer, c.limit(r))
	}
	c.remove(p.id)
	return c.failed(r.Method, err)
}

// Object calls a method that returns an object, and gives its handle.
func (c *Conn) Object(ctx context.Context, r Request) (int, error) {
	var answer struct {
		Return struct {
			Handle *int `json:"qHandle"`
		} `json:"qReturn"`
	}
	if err := c.Call(ctx, r, &answer); err != nil {
		return 0, err
	}
	// The engine has no error for what is not there, but an object without handle.
	if answer.Return.Handle == nil {
		return 0, c.failed(r.Method, errors.New("the engine does not have the object"))
	}
	return *answer.Return.Handle, nil
}

func (c *Conn) limit(r Request) time.Duration {
	if r.Timeout > 0 {
		return r.Timeout
	}
	return c.timeout
}

func (c *Conn) failed(act string, err error) error { return &Error{Act: act, Host: c.host, Err: err} }
