//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestAbuse does to the program's port what a hostile or broken client may do, and
// then looks whether it is as it was: answers, memory, file descriptors and
// goroutines. The parts are in order, so that each finds what the one before left.
func TestAbuse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.healthy(t)
	before := s.vitals(t)
	t.Run("malformed requests are refused", s.testMalformed)
	t.Run("bodies that are too large are refused, readably", s.testOversized)
	t.Run("slow clients are hung up on", s.testSlow)
	t.Run("clients that never read are hung up on", s.testDeaf)
	t.Run("2,000 connections are answered", s.testCrowd)
	s.recovers(t, before)
	s.stop(t)
	log := s.said(t)
	for _, word := range []string{"panic", "goroutine ", "DATA RACE", "request failed", "Permanent error"} {
		if at := strings.Index(log, word); at >= 0 {
			t.Errorf("it logged %q: %.3000s", word, log[at:])
		}
	}
}

// healthy sees that the host still answers.
func (s *site) healthy(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, path := range []string{"/livez", "/v4/butlerping"} {
		if status, err := request(ctx, http.MethodGet, s.url+path, "", nil); err != nil || status != http.StatusOK {
			t.Fatalf("GET %s: %d, %v", path, status, err)
		}
	}
}

// testMalformed sends the same requests each time: each has a seed of its own.
func (s *site) testMalformed(t *testing.T) {
	count, workers := 10_000, 16
	if testing.Short() {
		count = 1000
	}
	routes, kinds := describedRoutes(t), abuses()
	var next, closed atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(count); i = next.Add(1) {
				r := rand.New(rand.NewPCG(5, uint64(i)))
				kind, q := kinds[int(i)%len(kinds)], routes[r.IntN(len(routes))]
				for kind.fits != nil && !kind.fits(q) {
					q = routes[r.IntN(len(routes))]
				}
				text := kind.text(r, q)
				answers, err := s.raw(t.Context(), text)
				if len(answers) == 0 {
					closed.Add(1)
				}
				if wrong := kind.wrong(answers, err); wrong != "" {
					t.Errorf("request %d, %s: %s\n%.300q", i, kind.name, wrong, text)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d requests, %d of them with no answer", count, closed.Load())
	s.healthy(t)
}

// rawAnswer is an answer as it came over the wire.
type rawAnswer struct {
	status int
	media  string
	body   string
}

// raw sends text on a connection of its own, and nothing behind it, and reads what
// comes until the connection ends.
func (s *site) raw(ctx context.Context, text string) ([]rawAnswer, error) {
	c, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	sent := make(chan struct{})
	go func() { // what is refused may be answered before it is read
		defer close(sent)
		if _, err := io.WriteString(c, text); err == nil {
			_ = c.CloseWrite() // the server may have closed it
		}
	}()
	answers, err := readAnswers(c)
	_ = c.Close() // so that the sender ends
	<-sent
	return answers, err
}

// dial opens a connection whose reads and writes end with the test's patience.
func (s *site) dial(ctx context.Context) (*net.TCPConn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), c.SetDeadline(time.Now().Add(patience))
}

// readAnswers reads answers until there are no more. A connection that is reset is
// one that ended.
func readAnswers(c net.Conn) ([]rawAnswer, error) {
	var list []rawAnswer
	in := bufio.NewReader(c)
	for {
		if _, err := in.Peek(1); err != nil {
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				return list, fmt.Errorf("the connection stays open: %w", err)
			}
			return list, nil
		}
		a, err := http.ReadResponse(in, nil)
		if err != nil {
			return list, fmt.Errorf("no HTTP: %w", err)
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			return list, fmt.Errorf("reading the body of %d: %w", a.StatusCode, err)
		}
		if a.StatusCode >= 200 {
			list = append(list, rawAnswer{a.StatusCode, a.Header.Get("Content-Type"), string(body)})
		}
	}
}

// wrong says what is not as it should be of the answers to a request.
func (k abuse) wrong(answers []rawAnswer, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case len(answers) == 0 && !k.broken:
		return "it was not answered"
	}
	for i, a := range answers {
		last := i == len(answers)-1
		switch {
		case a.status >= 500 && !isDocumented(a.status):
			return fmt.Sprintf("%d %.500s", a.status, a.body)
		case a.status >= 400:
			if wrong := a.unread(); wrong != "" {
				return wrong
			}
		case last && !k.lax && !(k.broken && len(answers) == 1 && i == 0 && strings.HasPrefix(k.name, "garbage")):
			return fmt.Sprintf("it was taken: %d %.500s", a.status, a.body)
		}
	}
	return ""
}

// isDocumented says which refusals are no mistake of the host's: what it does not
// have, and what is not there for now.
func isDocumented(status int) bool {
	return status == http.StatusNotImplemented || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// unread says why a person could not read what was refused and why.
func (a rawAnswer) unread() string {
	var v struct{ Message, Detail string }
	switch {
	case !strings.Contains(a.media, "json"):
		return fmt.Sprintf("%d is %q, not JSON: %.300s", a.status, a.media, a.body)
	case json.Unmarshal([]byte(a.body), &v) != nil || v.Message+v.Detail == "":
		return fmt.Sprintf("%d has no message: %.300s", a.status, a.body)
	}
	return ""
}

// readOne reads one answer and leaves the connection open.
func readOne(c net.Conn) (int, error) {
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err
	}
	defer a.Body.Close()
	_, err = io.Copy(io.Discard, a.Body)
	return a.StatusCode, err
}
