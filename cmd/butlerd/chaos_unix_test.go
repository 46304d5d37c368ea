//go:build unix

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
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

// chaosText is the configuration of all hosts: 2,000 schedules with about 190
// firings a second, for which two of the hosts have slots enough.
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
  start_timeout  = "30s"
  max_concurrent = 250
}

pool "narrow" {
  slots    = %d
  max_wait = "10s"
}

schedule "linked" {
  cron     = "0 0 1 1 *"
  timezone = "UTC"
  overlap  = "allow"

  action "qlik-sense-reload" {
  }
}
`

// chaosSlots are those of the pool.
const chaosSlots = 5

const chaosSchedules = `
schedule %q {
  for_each = {
%s  }
  cron     = "${each.value} * * * * *"
  timezone = "UTC"
  overlap  = %q
  tags     = [%q]
  %s

  action %q {
    hold  = %q
    fail = %d
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
	more    string // attributes and blocks
	resumes bool
	fail    int
}

var chaosGroups = []chaosGroup{
	{name: "calm", n: 1000, period: 10, overlap: "allow", hold: 200 * time.Millisecond},
	{name: "long", n: 400, period: 20, overlap: "allow", hold: 8 * time.Second},
	{name: "slow", n: 400, period: 20, overlap: "skip", hold: 22 * time.Second},
	{name: "hot", n: 20, period: 1, overlap: "skip", hold: 3 * time.Second},
	{name: "queued", n: 10, period: 1, overlap: "queue", hold: 3 * time.Second, more: "queue_limit = 2"},
	{name: "replaced", n: 10, period: 2, overlap: "replace", hold: 5 * time.Second},
	{name: "pooled", n: 40, period: 5, overlap: "allow", hold: 1500 * time.Millisecond, more: `pool = "narrow"`},
	{name: "flaky", n: 40, period: 10, overlap: "skip", hold: time.Second, fail: 50, more: chaosRetry},
	{name: "caught", n: 40, period: 5, overlap: "queue", hold: time.Second, more: "catch_up {\n    mode = \"all\"\n    within = \"1m\"\n    limit = 5\n  }"},
	{name: "chain", n: 40, period: 10, overlap: "allow", hold: time.Second, fail: 50, more: chaosFollowUps},
	{name: "resumed", n: 40, period: 10, overlap: "allow", hold: 5 * time.Second, resumes: true},
}

const chaosRetry = `on_lost = "retry"
  retry {
    attempts    = 4
    backoff     = "1s"
    max_backoff = "2s"
  }`

const chaosFollowUps = `on_success {
    start = ["linked"]
  }
  on_end {
    action "qlik-sense-reload" {
      hold = "1s"
    }
  }`

func (g chaosGroup) text() string {
	var seconds strings.Builder
	for i := range g.n {
		fmt.Fprintf(&seconds, "    %q = \"%d/%d\"\n", fmt.Sprint(i), i%g.period, g.period)
	}
	return fmt.Sprintf(chaosSchedules, g.name, seconds.String(), g.overlap, g.name, g.more,
		map[bool]string{false: "qlik-sense-reload", true: "resumable"}[g.resumes], g.hold, g.fail)
}

// alone says whether the runs of a schedule may not overlap, whatever they are to do
// otherwise.
func alone(schedule string) bool {
	name, _, _ := strings.Cut(schedule, ".")
	return slices.ContainsFunc(chaosGroups, func(g chaosGroup) bool { return g.name == name && g.overlap != "allow" })
}

func chaosConfig(t *testing.T, dir string) (config, record string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config, record = filepath.Join(dir, "config.hcl"), filepath.Join(dir, "record")
	text := fmt.Sprintf(chaosText, chaosLease, self, record, chaosSlots)
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
	callers.Go(func() { holdNowAndThen(ctx, c.anyURL) })
	c.strikeFor(chaosLasts(t))
	c.heal()
	c.waitFor("the API has acknowledged something of each kind", acks.some)
	cancel()
	callers.Wait()
	c.waitFor("what waited was started", c.nothingWaitsLong)
	c.agree(acks)
	c.stop()
	st, err := postgres.Open(t.Context(), postgres.Options{URL: c.db.URL(c.url), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	executed := executions(t, c.record)
	runs := checkAccount(t, st, acks, begun)
	checkAttempts(t, runs, executed)
	checkOpen(t, runs)
	checkOverlap(t, executed, func(x execution) bool { return alone(x.schedule) && runs[x.run].Step == "" })
	checkPool(t, runs, executed)
	checkFollowUps(t, st, runs)
	checkVerify(t, c)
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
	t.Cleanup(c.explain)
	c.waitFor("all hosts are ready", c.ready)
	c.begun = time.Now()
	return c
}
