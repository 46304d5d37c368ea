//go:build unix

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// chaosLease is the lease of the hosts: short, so that many run out.
const chaosLease = 2 * time.Second

// chaosLasts is how long the hosts are troubled.
func chaosLasts(t *testing.T) time.Duration {
	t.Helper()
	if asked := os.Getenv("BUTLERD_CHAOS"); asked != "" {
		d, err := time.ParseDuration(asked)
		if err != nil {
			t.Fatalf("BUTLERD_CHAOS: %v", err)
		}
		return d
	}
	switch {
	case testing.Short():
		return 3 * time.Second
	case os.Getenv("CI") == "true":
		return time.Minute
	}
	return 20 * time.Second
}

// chaosText is the configuration of all hosts: 2,000 schedules with about 170
// firings a second, for which two of the hosts have slots enough. Those called hot
// and slow may not overlap themselves, and last so long that they would.
const chaosText = `
variable "name" {
  type = string
}

host {
  name           = var.name
  listen         = "127.0.0.1:0"
  shutdown_grace = "1s"
}

store "postgres" {
  url               = env("DATABASE_URL")
  lease             = %q
  max_connections   = 8
  connect_timeout   = "2s"
  statement_timeout = "5s"
}

plugin "recorder" {
  path           = %q
  args           = ["recorder", %q]
  env            = { GORACE = "atexit_sleep_ms=0" }
  max_concurrent = 250
}
`

const chaosSchedules = `
schedule %q {
  for_each = {
%s  }
  cron     = "${each.value} * * * * *"
  timezone = "UTC"
  overlap  = %q

  action "qlik-sense-reload" {
    hold = %q
  }
}
`

// chaosGroup are schedules that differ in their seconds alone.
type chaosGroup struct {
	name    string
	n       int
	period  int // in seconds
	overlap string
	hold    time.Duration
}

var chaosGroups = []chaosGroup{
	{"calm", 1000, 10, "allow", 200 * time.Millisecond},
	{"long", 480, 20, "allow", 8 * time.Second},
	{"slow", 500, 20, "skip", 22 * time.Second},
	{"hot", 20, 1, "skip", 3 * time.Second},
}

func (g chaosGroup) text() string {
	var seconds strings.Builder
	for i := range g.n {
		fmt.Fprintf(&seconds, "    %q = \"%d/%d\"\n", fmt.Sprint(i), i%g.period, g.period)
	}
	return fmt.Sprintf(chaosSchedules, g.name, seconds.String(), g.overlap, g.hold)
}

// skips says whether the runs of a schedule may not overlap.
func skips(schedule string) bool {
	return strings.HasPrefix(schedule, "hot.") || strings.HasPrefix(schedule, "slow.")
}

func chaosConfig(t *testing.T, dir string) (config, record string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config, record = filepath.Join(dir, "config.hcl"), filepath.Join(dir, "record")
	text := fmt.Sprintf(chaosText, chaosLease, self, record)
	for _, g := range chaosGroups {
		text += g.text()
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config, record
}

// TestChaos lets three hosts share the work while they, their connections and the
// database are struck at random. Afterwards each instant is settled exactly once,
// nothing was executed twice or by two hosts at once, and nothing acknowledged is
// lost. It is not parallel: on a machine that is busy with other tests the hosts
// lose their leases before anybody strikes.
func TestChaos(t *testing.T) {
	begun := time.Now()
	c := newChaos(t)
	acks := newAcknowledged()
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 3 {
		callers.Go(func() { acks.load(ctx, c.anyURL, "calm.1", 100*time.Millisecond) })
	}
	c.strikeFor(chaosLasts(t))
	c.heal()
	c.waitFor("the API has acknowledged something of each kind", acks.some)
	cancel()
	callers.Wait()
	c.agree(acks)
	c.stop()
	st, err := postgres.Open(t.Context(), postgres.Options{URL: c.db.URL(c.url), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	executed := executions(t, c.record)
	runs := checkLedger(t, st, executed, acks, begun)
	checkOverlap(t, executed)
	checkTakenOver(t, runs, executed)
	printTakeovers(t, st, runs, c.kills)
}

// newChaos starts a database with a synchronous standby, and three hosts that each
// reach it through a proxy of their own.
func newChaos(t *testing.T) *chaos {
	t.Helper()
	dir := t.TempDir()
	c := &chaos{t: t, begun: time.Now()}
	c.config, c.record = chaosConfig(t, dir)
	c.db = pgtest.Start(t)
	c.standby = c.db.Standby(t)
	c.url = c.db.NewDatabase(t)
	for _, name := range []string{"anna", "bert", "cleo"} {
		h := &chaosHost{name: name, dir: filepath.Join(dir, name), proxy: pgtest.NewProxy(t, c.db.Addr())}
		if err := os.Mkdir(h.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.kill)
		c.hosts = append(c.hosts, h)
		c.launch(h)
	}
	c.waitFor("all hosts are ready", c.ready)
	c.begun = time.Now()
	t.Cleanup(c.explain)
	return c
}
