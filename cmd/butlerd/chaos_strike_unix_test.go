//go:build unix

package main

import (
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"

	"butlerd/host/store/postgres/pgtest"
)

// strikeFor troubles hosts, connections and the database for so long. Each host
// has its own times, so that it strikes several at once now and then.
func (c *chaos) strikeFor(lasts time.Duration) {
	c.t.Helper()
	now := time.Now()
	end := now.Add(lasts)
	c.failover = now.Add(lasts/3 + rand.N(lasts/3))
	c.dbNext = now.Add(rand.N(lasts))
	for _, h := range c.hosts {
		h.next = now.Add(rand.N(min(lasts, 2*chaosLease)))
	}
	for time.Now().Before(end) {
		for _, h := range c.hosts {
			c.tend(h)
			c.turn(h)
		}
		c.turnDatabase()
		_ = pause(c.t.Context(), 10*time.Millisecond)
	}
}

// turn ends the trouble of a host or makes some, when it is time.
func (c *chaos) turn(h *chaosHost) {
	c.t.Helper()
	if time.Now().Before(h.next) {
		return
	}
	if h.trouble != nil {
		c.relieve(h)
		h.next = time.Now().Add(rand.N(2 * chaosLease))
		return
	}
	// Mostly hosts come up in peace, and there is another to take over: else a slow
	// machine would see nothing but hosts that start.
	tame := rand.IntN(4) > 0
	if tame && h.at() == "" {
		h.next = time.Now().Add(chaosLease / 2)
		return
	}
	strike := max(rand.IntN(6)-2, 0)
	if tame && strike == 0 && !c.anotherIsWell(h, 0) {
		strike = 1 + rand.IntN(3)
	}
	switch strike {
	case 0:
		c.kill(h)
		return
	case 1:
		c.note("pause %s", h.name)
		c.signal(h, syscall.SIGSTOP)
		h.trouble = func() { c.signal(h, syscall.SIGCONT) }
	case 2:
		c.note("cut %s off", h.name)
		h.proxy.Cut()
		h.trouble = h.proxy.Heal
	case 3:
		c.note("freeze the connections of %s", h.name)
		h.proxy.Freeze()
		h.trouble = h.proxy.Heal
	}
	h.next = time.Now().Add(rand.N(3 * chaosLease))
	c.disturb()
}

// kill ends a host the hard way and starts it anew.
func (c *chaos) kill(h *chaosHost) {
	c.t.Helper()
	c.note("kill %s", h.name)
	c.kills = append(c.kills, kill{host: h, at: time.Now(), calm: true})
	h.kill()
	c.launch(h)
	c.disturb()
	h.next = time.Now().Add(chaosLease + rand.N(2*chaosLease))
}

// anotherIsWell says whether a host is there to take over from another, and has
// been for so long.
func (c *chaos) anotherIsWell(h *chaosHost, since time.Duration) bool {
	return slices.ContainsFunc(c.hosts, func(o *chaosHost) bool {
		return o != h && o.trouble == nil && o.at() != "" && time.Since(o.well) >= since
	})
}

// disturb notes, after each strike, which of those who were killed a moment ago are
// not taken over in calm.
func (c *chaos) disturb() {
	// Nothing is taken over by a host that has not held its own lease for as long as
	// one lasts.
	const settled = 2 * chaosLease
	for i, k := range c.kills {
		if time.Since(k.at) < settled && (!c.dbBack.IsZero() || time.Since(c.dbWell) < settled || !c.anotherIsWell(k.host, settled)) {
			c.kills[i].calm = false
		}
	}
}

func (c *chaos) signal(h *chaosHost, s os.Signal) {
	c.t.Helper()
	if err := h.s.cmd.Process.Signal(s); err != nil {
		c.t.Fatalf("%s to %s: %v", s, h.name, err)
	}
}

func (c *chaos) relieve(h *chaosHost) {
	c.t.Helper()
	if h.trouble != nil {
		c.note("relieve %s", h.name)
		h.trouble()
		h.trouble, h.well = nil, time.Now()
	}
}

// turnDatabase is turn for the database: it is restarted, and once it is given up
// for its standby.
func (c *chaos) turnDatabase() {
	c.t.Helper()
	now := time.Now()
	switch {
	case c.standby != nil && now.After(c.failover):
		c.failOver()
	case !c.dbBack.IsZero() && now.After(c.dbBack):
		c.note("start the database")
		c.must(c.db.Restart())
		c.dbIsBack()
	case c.dbBack.IsZero() && now.After(c.dbNext):
		mode := []pgtest.Mode{pgtest.Fast, pgtest.Immediate}[rand.IntN(2)]
		c.note("stop the database: %s", mode)
		c.must(c.db.Stop(mode))
		c.dbBack = time.Now().Add(rand.N(chaosLease))
		c.disturb()
	}
}

// failOver lets the standby take the place of the database, which is dead for
// good.
func (c *chaos) failOver() {
	c.t.Helper()
	c.note("fail over")
	c.must(c.db.Kill())
	c.must(c.standby.Promote())
	c.db, c.standby = c.standby, nil
	for _, h := range c.hosts {
		h.proxy.Retarget(c.db.Addr())
	}
	c.dbIsBack()
}

func (c *chaos) dbIsBack() {
	c.dbBack, c.dbWell = time.Time{}, time.Now()
	c.dbNext = c.dbWell.Add(2*chaosLease + rand.N(4*chaosLease))
	c.disturb()
}

// heal ends all trouble, and lets things settle.
func (c *chaos) heal() {
	c.t.Helper()
	for _, h := range c.hosts {
		c.relieve(h)
	}
	if !c.dbBack.IsZero() {
		c.must(c.db.Restart())
	}
	c.note("all is well")
	c.waitFor("all hosts are ready again", c.ready)
	settled := time.Now().Add(2 * chaosLease)
	c.waitFor("two leases have passed", func() bool { return time.Now().After(settled) })
}

func (c *chaos) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
