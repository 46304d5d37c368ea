package qrs

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// reply is an answer that was wanted.
type reply struct {
	host string
	body []byte
	at   time.Time // by the host's clock, to the second; the own one if it tells none
}

// ask makes a request that may be made twice: at the next host when one cannot
// answer. A host that answered is asked first from then on.
func (c *Client) ask(ctx context.Context, r request) (reply, error) {
	return c.each(ctx, r, (*Error).elsewhere)
}

// order makes a request that must not be made twice: at the next host only when
// one certainly did not get it.
func (c *Client) order(ctx context.Context, r request) (reply, error) {
	return c.each(ctx, r, func(e *Error) bool { return !e.Sent })
}

func (c *Client) each(ctx context.Context, r request, next func(*Error) bool) (reply, error) {
	var errs failures
	first := int(c.preferred.Load())
	for i := range c.hosts {
		i = (first + i) % len(c.hosts)
		got, err := c.send(ctx, c.hosts[i], r)
		if err == nil {
			c.preferred.Store(int32(i))
			return got, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil || !next(err) {
			break
		}
	}
	return reply{}, errs
}

// send makes a request at one host.
func (c *Client) send(ctx context.Context, host string, r request) (got reply, failure *Error) {
	leave, err := c.gate.enter(ctx)
	if err != nil {
		return reply{}, &Error{Act: r.act, Host: host, Err: err}
	}
	defer func() { leave(failure == nil || failure.accepted()) }()
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}
	req, err := c.at(httptrace.WithClientTrace(bounded, trace), host, r)
	if err != nil {
		return reply{}, &Error{Act: r.act, Host: host, Err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, &Error{Act: r.act, Host: host, Sent: sent.Load(), Err: c.broken(ctx, err)}
	}
	defer resp.Body.Close()
	return c.receive(ctx, r, host, resp)
}

// receive reads an answer, which says by its status whether it is the wanted one.
func (c *Client) receive(ctx context.Context, r request, host string, resp *http.Response) (reply, *Error) {
	failure := func(err error) *Error {
		return &Error{Act: r.act, Host: host, Sent: true, Status: resp.StatusCode, Err: err}
	}
	body, err := readBody(resp, r)
	switch {
	case errors.Is(err, errTooLong):
		return reply{}, failure(err)
	case err != nil:
		return reply{}, &Error{Act: r.act, Host: host, Sent: true, Err: c.broken(ctx, err)}
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return reply{}, failure(refusal(resp, excerpt(body, c.auth.secret)))
	}
	return reply{host: host, body: body, at: serverTime(resp)}, nil
}

// serverTime is the host's idea of now: what it writes into rows is by the same
// clock.
func serverTime(resp *http.Response) time.Time {
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Now()
	}
	return at
}
