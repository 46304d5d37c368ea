//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// testSlow opens connections on which a byte comes now and then, or none: each is
// ended by the host, which answers others meanwhile.
func (s *site) testSlow(t *testing.T) {
	const each = 100
	head := "POST /v4/schedules HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
	var all sync.WaitGroup
	for name, begin := range map[string]string{"its header": head + "X-Slow: ", "its body": head + "\r\n{", "nothing": ""} {
		for range each {
			all.Go(func() {
				if err := s.drip(t, begin, name != "nothing"); err != nil {
					t.Errorf("a client that was slow with %s: %v", name, err)
				}
			})
		}
	}
	s.healthy(t)
	all.Wait()
	s.healthy(t)
}

// drip sends begin, and then a byte each half second if more, until the connection
// is ended.
func (s *site) drip(t *testing.T, begin string, more bool) error {
	c, err := s.dial(t.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, begin); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		_, err := readAnswers(c) // whatever it is
		ended <- err
	}()
	for more && pause(t.Context(), 500*time.Millisecond) == nil {
		if _, err := io.WriteString(c, "x"); err != nil {
			break // reset: it has ended
		}
		if len(ended) > 0 {
			break
		}
	}
	return <-ended
}

// testDeaf asks for more than connections hold on their way, and reads nothing of it.
func (s *site) testDeaf(t *testing.T) {
	const clients = 20
	question := strings.Repeat("GET /api/v1/openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n", 2000)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			c, err := s.dial(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			// It ends when the host does no longer take what it has no answer to, and the
			// connection is then closed by it.
			for err == nil {
				_, err = io.WriteString(c, question)
			}
			if late := net.Error(nil); errors.As(err, &late) && late.Timeout() {
				t.Errorf("the connection stays open: %v", err)
			}
		})
	}
	s.healthy(t)
	all.Wait()
	s.healthy(t)
}

// testOversized sends bodies beyond the limit, whole, announced, and without an end.
// Each sender reads its refusal.
func (s *site) testOversized(t *testing.T) {
	head := "POST /v4/schedules HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	chunk := "10000\r\n" + strings.Repeat("x", 0x10000) + "\r\n"
	for name, text := range map[string]string{
		"a MiB and a byte":      head + "Content-Length: 1048577\r\n\r\n" + strings.Repeat("x", 1<<20+1),
		"50 MiB, announced":     head + "Content-Length: 52428800\r\n\r\n",
		"50 MiB, sent":          head + "Content-Length: 52428800\r\n\r\n" + strings.Repeat("x", 50<<20),
		"more than can be":      head + "Content-Length: 9223372036854775807\r\n\r\nx",
		"chunks without an end": head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, 1000),
		"one chunk":             head + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + strings.Repeat("x", 2<<20),
	} {
		t.Run(name, func(t *testing.T) {
			answers, err := s.raw(t.Context(), text)
			if err != nil || len(answers) != 1 || answers[0].status != http.StatusRequestEntityTooLarge || answers[0].unread() != "" {
				t.Errorf("%v, %.500v", err, answers)
			}
		})
	}
	s.healthy(t)
}

// crowd is how many connections may be open at a time, of 2,000.
func crowd(t *testing.T) int {
	t.Helper()
	const most, spare = 2000, 500
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	// The runtime has raised the limit as far as it goes, here and in the program.
	if n := int(min(limit.Cur, 1<<20)); n < most+spare {
		t.Logf("the limit of open files is %d, so there are fewer connections", n)
		return max(100, n-spare)
	}
	return most
}

// testCrowd opens all connections before it asks on the first, and asks again on
// each.
func (s *site) testCrowd(t *testing.T) {
	list := make([]*net.TCPConn, crowd(t))
	for i := range list {
		var err error
		if list[i], err = s.dial(t.Context()); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer list[i].Close()
	}
	var answered atomic.Int64
	for range 2 {
		var all sync.WaitGroup
		for _, c := range list {
			all.Go(func() {
				if err := ping(c); err != nil {
					t.Error(err)
					return
				}
				answered.Add(1)
			})
		}
		all.Wait()
	}
	t.Logf("%d connections, %d answers, with them open: %+v", len(list), answered.Load(), s.vitals(t))
	s.healthy(t)
}

// ping asks on a connection that stays open.
func ping(c net.Conn) error {
	if _, err := io.WriteString(c, "GET /v4/butlerping HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	answer, err := readOne(c)
	if err != nil || answer != http.StatusOK {
		return fmt.Errorf("status %d, %w", answer, err)
	}
	return nil
}
