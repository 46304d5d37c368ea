package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// partitionLease is the lease of the hosts.
const partitionLease = 3 * time.Second

const partitionText = `
variable "name" {
  type = string
}

host {
  name           = var.name
  listen         = "127.0.0.1:0"
  shutdown_grace = "1s"
}

store "postgres" {
  url   = env("DATABASE_URL")
  lease = %q
}

plugin "recorder" {
  path          = %q
  args          = ["recorder", "%s-${var.name}"]
  env           = { GORACE = "atexit_sleep_ms=0" }
  start_timeout = "30s"
}

schedule "each-second" {
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = "skip"

  action "qlik-sense-reload" {
    hold = "1000h"
  }
}
`

// TestPartition takes the network from a host that executes something, by the link
// itself: nobody is told, and nothing is closed. The other host takes over within
// the lease, and the one that is alone has ended what it executed by then. It is not
// parallel, because it looks at the time.
func TestPartition(t *testing.T) {
	p := newPartition(t)
	far := p.serve("far", p.net.far)
	p.waitFor("the far host executes", func() bool { return len(p.executed("far")) == 1 })
	near := p.serve("near", p.net.near)
	lives := p.lives("far")

	p.net.link("down")
	down := time.Now()
	p.waitFor("the near host executes", func() bool { return len(p.executed("near")) == 1 })
	first, second := p.executed("far")[0], p.executed("near")[0]
	took := second.begin.Sub(down)
	t.Logf("taken over %s after the link went down; the far host had ended %s earlier (lease %s)", took, second.begin.Sub(first.end), partitionLease)
	// A second is for the firing that is due next, the rest for a slow machine.
	if took > 5*partitionLease {
		t.Errorf("it took %s to take over", took)
	}
	if first.cut || !first.end.Before(second.begin) {
		t.Errorf("the far host did not end by itself before the near one began: %+v, %+v", first, second)
	}
	if r, _, err := p.store.Run(t.Context(), first.run); err != nil || r.State != run.Lost || r.Reason != run.ReasonHostDied {
		t.Errorf("the run of the far host is %s, %s, %v", r.State, r.Reason, err)
	}

	p.net.link("up")
	p.waitFor("the far host is back", func() bool { return p.lives("far") > lives })
	done := len(p.executed("far"))
	near.stop(t)
	p.waitFor("the far host executes again", func() bool { return len(p.executed("far")) > done })
	far.stop(t)
}

// partition is a database with a host beside it, and one behind a link.
type partition struct {
	t           *testing.T
	net         network
	dir, config string
	db          *pgtest.Server
	url         string
	store       store.Store
}

func newPartition(t *testing.T) *partition {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &partition{t: t, net: newNetwork(t), dir: t.TempDir()}
	inNamespace(t, p.net.near, func() { p.db = pgtest.Start(t, "listen_addresses="+nearAddress) })
	p.url = p.db.NewDatabase(t)
	// The tests are in neither namespace.
	st, err := postgres.Open(t.Context(), postgres.Options{URL: p.db.SocketURL(p.url), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	p.store = st
	p.config = filepath.Join(p.dir, "config.hcl")
	text := fmt.Sprintf(partitionText, partitionLease, self, filepath.Join(p.dir, "record"))
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// serve starts a host in a namespace and waits until it is ready.
func (p *partition) serve(name, namespace string) *served {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	dir := filepath.Join(p.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", namespace, self, "serve", "-config", p.config, "-var", "name="+name, "-data-dir", dir)
	cmd.Env = []string{"DATABASE_URL=" + p.url}
	s := launch(p.t, dir, cmd)
	p.t.Cleanup(func() {
		s.kill()
		if p.t.Failed() {
			data, err := os.ReadFile(s.log.Name())
			p.t.Logf("the log of %s (%v):\n%s", name, err, data)
		}
	})
	s.ready(p.t)
	return s
}

// executed is what the plugin of a host was asked to do.
func (p *partition) executed(name string) []execution {
	p.t.Helper()
	return executions(p.t, filepath.Join(p.dir, "record-"+name))
}

// lives is how often a host has joined.
func (p *partition) lives(name string) int {
	p.t.Helper()
	hosts, err := p.store.Hosts(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	n := 0
	for _, h := range hosts {
		if h.Name == name {
			n++
		}
	}
	return n
}

func (p *partition) waitFor(what string, holds func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) || pause(p.t.Context(), 10*time.Millisecond) != nil {
			p.t.Fatalf("waited in vain until %s", what)
		}
	}
}
