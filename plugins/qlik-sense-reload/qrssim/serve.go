package qrssim

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody bounds the body of a request in bytes: room for 10,000 ids.
const maxBody = 1 << 20

// controlPath is where the simulator's own endpoints are.
const controlPath = "/simulator/"

// dropped is the status of a request whose connection is dropped.
const dropped = 0

// serve answers a request of a client that may use the site: one with a
// certificate, or one that the proxy lets through.
func (s *Simulator) serve(w http.ResponseWriter, r *http.Request) {
	request := Request{At: time.Now()}
	c := &call{
		method: r.Method,
		path:   strings.TrimSuffix(strings.ToLower(r.URL.Path), "/"),
	}
	a := s.reply(w, r, c)
	request.User, request.Status = c.user, a.status
	if a.status == dropped {
		s.log.add(r, request)
		panic(http.ErrAbortHandler) // the way to make net/http close a connection
	}
	a.write(w)
	s.log.add(r, request)
}

// reply reads the body, which is never done with the site locked, and answers
// unless a fault does.
func (s *Simulator) reply(w http.ResponseWriter, r *http.Request, c *call) answer {
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		return refused(http.StatusRequestEntityTooLarge, "Request body too large or incomplete")
	}
	if strings.HasPrefix(c.path, controlPath) {
		return s.control(c)
	}
	c.fault = s.faults.take(c.method, r.URL.Path)
	if c.fault.is(FaultSlow) && !pause(r.Context(), c.fault.Delay) || c.fault.is(FaultDropBefore) {
		return answer{status: dropped}
	}
	if a, ok := c.fault.answer(); ok {
		return a
	}
	a := s.answer(r, c)
	if c.fault.is(FaultDropAfter) {
		return answer{status: dropped}
	}
	return a
}

// pause waits, unless the client goes or the simulator stops before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer checks a request in the order QRS does and carries it out.
func (s *Simulator) answer(r *http.Request, c *call) (a answer) {
	var complete, known bool
	c.query, complete = parseQuery(r.URL.RawQuery)
	if !keyed(c.query.Get("xrfkey"), r.Header.Get("X-Qlik-Xrfkey")) {
		return refused(http.StatusForbidden, "XSRF prevention check failed. Possible XSRF discovered.")
	}
	user, known := parseUser(r.Header.Get("X-Qlik-User"))
	if !known {
		return refused(http.StatusForbidden, "Forbidden")
	}
	c.user = user
	endpoint, ok := s.router.find(c)
	if !ok {
		return noEndpoint()
	}
	if !complete {
		return missingValue()
	}
	s.site.do(func() { a = endpoint(s.site, c) })
	return a
}
