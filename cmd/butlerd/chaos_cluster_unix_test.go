//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"butlerd/host/store/postgres/pgtest"
)

// chaos are hosts and a database that are being troubled. All but anyURL is
// called by the test's own goroutine.
type chaos struct {
	t              *testing.T
	begun          time.Time
	config, record string
	db, standby    *pgtest.Server // standby is nil once it was promoted
	url            string         // of the database
	dbBack         time.Time      // when a database that is down comes back; zero while it is up
	dbNext         time.Time      // when it is struck next
	dbWell         time.Time      // since when it is well
	failover       time.Time
	hosts          []*chaosHost
	kills          []kill
	journal        []string
}

// chaosHost is one host in its place: a process after another.
type chaosHost struct {
	name, dir string
	proxy     *pgtest.Proxy
	next      time.Time // when it is struck next, or its trouble ends
	trouble   func()    // what ends its trouble; nil while it has none
	well      time.Time // since when it has none, and is ready

	s        *served
	launched time.Time
	done     chan struct{} // closed when the process has ended

	mu  sync.Mutex
	url string // empty until the process is ready
}

// kill is when a host was killed.
type kill struct {
	host *chaosHost
	at   time.Time
	// calm says that the database was well, and another host that could take over,
	// then and until it must have done so.
	calm bool
}

// note keeps what was done, for whoever has to understand a failure.
func (c *chaos) note(format string, args ...any) {
	c.journal = append(c.journal, fmt.Sprintf("%8.3fs %s", time.Since(c.begun).Seconds(), fmt.Sprintf(format, args...)))
}

// explain shows the journal of a failed test.
func (c *chaos) explain() {
	if c.t.Failed() {
		c.t.Logf("since %s:\n%s", c.begun.Format(time.StampMilli), strings.Join(c.journal, "\n"))
		for _, h := range c.hosts {
			c.t.Logf("the last complaints of %s:\n%s", h.name, h.complaints())
		}
	}
}

// complaints are the last warnings and errors in the log of a host, five of a kind.
// What became of firings and runs is in the ledger.
func (h *chaosHost) complaints() string {
	data, err := os.ReadFile(filepath.Join(h.dir, "log"))
	if err != nil {
		return err.Error()
	}
	var found []string
	kinds := map[string]int{}
	lines := strings.Split(string(data), "\n")
	slices.Reverse(lines)
	for _, line := range lines {
		_, said, _ := strings.Cut(line, "msg=")
		kind := said[:min(len(said), 20)]
		if strings.Contains(line, "level=INFO") || strings.HasPrefix(said, `"run ended"`) || strings.HasPrefix(said, "firing ") {
			continue
		}
		if kinds[kind]++; kinds[kind] <= 5 {
			found = append(found, line[:min(len(line), 500)])
		}
	}
	slices.Reverse(found)
	return strings.Join(found, "\n")
}

// launch starts the process of a host and waits for nothing.
func (c *chaos) launch(h *chaosHost) {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(self, "serve", "-config", c.config, "-var", "name="+h.name, "-data-dir", h.dir)
	cmd.Env = []string{"DATABASE_URL=" + h.proxy.URL(c.url)}
	h.launched = time.Now()
	h.s, h.done = launch(c.t, h.dir, cmd), make(chan struct{})
	go func(done chan struct{}) { // ends with the process
		defer close(done)
		_ = cmd.Wait()
	}(h.done)
}

// kill ends the process of a host the hard way. It is repeatable.
func (h *chaosHost) kill() {
	if h.s == nil {
		return
	}
	_ = h.s.cmd.Process.Kill()
	<-h.done
	_ = h.s.log.Close()
	h.setURL("")
}

func (h *chaosHost) setURL(url string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.url = url
}

func (h *chaosHost) at() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url
}

// anyURL is the API of one of the hosts, be it well or not.
func (c *chaos) anyURL() string {
	if url := c.hosts[rand.IntN(len(c.hosts))].at(); url != "" {
		return url
	}
	return "http://127.0.0.1:1" // nobody is there
}

// tend starts a host again that could not start, and finds where it listens. One
// that was ready must not end by itself.
func (c *chaos) tend(h *chaosHost) {
	c.t.Helper()
	select {
	case <-h.done:
		if h.at() != "" {
			c.t.Fatalf("%s ended by itself: %s", h.name, h.s.cmd.ProcessState)
		}
		c.note("%s could not start", h.name)
		h.kill()
		c.launch(h)
	default:
		if h.at() != "" {
			return
		}
		if h.setURL(h.s.listening(c.t)); h.at() != "" {
			c.note("%s is ready, after %s", h.name, time.Since(h.launched).Round(time.Millisecond))
			h.well = time.Now()
			h.next = h.well.Add(rand.N(2 * chaosLease))
		}
	}
}

// waitFor waits until something holds, and tends the hosts meanwhile.
func (c *chaos) waitFor(what string, holds func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		for _, h := range c.hosts {
			c.tend(h)
		}
		if holds() {
			return
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			c.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// ready says whether all hosts are.
func (c *chaos) ready() bool {
	for _, h := range c.hosts {
		status, err := ask(c.t.Context(), http.MethodGet, h.at()+"/readyz", "", nil)
		if h.at() == "" || err != nil || status != http.StatusOK {
			return false
		}
	}
	return true
}

// agree waits until each host says what was acknowledged by any.
func (c *chaos) agree(acks *acknowledged) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for _, h := range c.hosts {
		for wrong := acks.wrong(c.t, h.at()); len(wrong) > 0; wrong = acks.wrong(c.t, h.at()) {
			if pause(ctx, 100*time.Millisecond) != nil {
				c.t.Errorf("%s: %s", h.name, strings.Join(wrong, "; "))
				break
			}
		}
	}
}

// stop ends all hosts as Ctrl-C does, and looks for what must not be in their logs.
func (c *chaos) stop() {
	c.t.Helper()
	for _, h := range c.hosts {
		if err := h.s.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			c.t.Fatal(err)
		}
	}
	for _, h := range c.hosts {
		select {
		case <-h.done:
		case <-time.After(patience):
			c.t.Fatalf("%s does not end", h.name)
		}
		if !h.s.cmd.ProcessState.Success() {
			c.t.Errorf("%s ended with %s", h.name, h.s.cmd.ProcessState)
		}
		log, err := os.ReadFile(filepath.Join(h.dir, "log"))
		if err != nil {
			c.t.Fatal(err)
		}
		for _, bad := range []string{"DATA RACE", "panic: ", "fatal error: "} {
			if _, rest, found := strings.Cut(string(log), bad); found {
				c.t.Errorf("%s: %s%s", h.name, bad, rest[:min(len(rest), 2000)])
			}
		}
	}
}
