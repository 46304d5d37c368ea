package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"butlerd/host/store"
)

// SharedOpener opens one ledger for one more host at each call, while the stores
// of the calls before are open. A lease that is not renewed ends within maxLease;
// one that is renewed each renewEvery does not end.
type SharedOpener func(t testing.TB) store.Store

const (
	maxLease   = 4 * time.Second
	renewEvery = 100 * time.Millisecond
	// patience is how long a case waits for what must come.
	patience = time.Minute
)

// SharedCase is one thing that the contract says of several hosts.
type SharedCase struct {
	Name  string // a part of a sentence
	Large bool   // it writes thousands of rows
	test  func(*cluster)
}

// SharedCases returns all cases, for engines that need a frame around each; others
// use RunShared.
func SharedCases() []SharedCase {
	return slices.Concat(contestCases(), takeOverCases(), newsCases(), declareCases(), raceCases(), policyCases(), keyValueRaceCases())
}

// Test runs the case on a ledger that is empty, which newShared gives at each
// call.
func (c SharedCase) Test(t *testing.T, newShared func(t testing.TB) SharedOpener) {
	t.Helper()
	c.test(&cluster{T: t, open: newShared(t)})
}

// RunShared tests what an engine does for several hosts.
func RunShared(t *testing.T, newShared func(t testing.TB) SharedOpener) {
	t.Helper()
	for _, c := range SharedCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Test(t, newShared)
		})
	}
}

// cluster is one ledger with several hosts.
type cluster struct {
	*testing.T
	open SharedOpener
}

// member is one host of a cluster, with a connection of its own.
type member struct {
	*fixture
	shared store.Shared
	joined store.Joined
	// die ends the renewal of the lease. The connection stays open, as it does for
	// a host that is suspended.
	die func()
}

// member joins a host and renews its lease.
func (c *cluster) member(id string) *member {
	c.Helper()
	m := c.dying(id)
	ctx, cancel := context.WithCancel(m.ctx)
	var renewal sync.WaitGroup
	renewal.Go(func() { m.keepLease(ctx) })
	m.die = func() {
		cancel()
		renewal.Wait()
	}
	c.Cleanup(m.die) // before the store is closed
	return m
}

// dying joins a host that does not renew its lease.
func (c *cluster) dying(id string) *member {
	c.Helper()
	f := &fixture{T: c.T, ctx: context.Background(), id: id, st: c.open(c.T)}
	c.Cleanup(func() { f.check("closing", f.st.Close()) })
	shared, ok := f.st.(store.Shared)
	if !ok {
		c.Fatalf("%T is not for several hosts", f.st)
	}
	return &member{fixture: f, shared: shared, joined: f.join(id), die: func() {}}
}

func (m *member) keepLease(ctx context.Context) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		_, err := m.shared.Renew(context.WithoutCancel(ctx), m.id, store.Report{})
		if errors.Is(err, store.ErrFenced) && m.hasLeft() {
			return
		}
		if err != nil {
			m.Errorf("renewing the lease of %s: %v", m.id, err)
			return
		}
	}
}

// hasLeft says whether the host's lease was ended: by itself, as no other host
// ends one that is renewed.
func (m *member) hasLeft() bool {
	all, err := m.st.Hosts(m.ctx)
	return err == nil && slices.ContainsFunc(all, func(h store.Host) bool { return h.ID == m.id && !h.EndedAt.IsZero() })
}

func (m *member) renew() store.Lease {
	m.Helper()
	lease, err := m.shared.Renew(m.ctx, m.id, report())
	m.check("renewing", err)
	return lease
}

func (m *member) news(since int64) store.News {
	m.Helper()
	n, err := m.shared.News(m.ctx, m.id, since)
	m.check("asking for news", err)
	return n
}

// await waits for what must come.
func (c *cluster) await(what string, done func() bool) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			c.Fatalf("waited %v in vain until %s", patience, what)
		case <-ticker.C:
		}
	}
}

// expire waits until the leases that nobody renews have ended.
func (c *cluster) expire() {
	c.Helper()
	began := time.Now()
	c.await("leases end", func() bool { return time.Since(began) > maxLease })
}

// members joins so many hosts.
func (c *cluster) members(n int) []*member {
	c.Helper()
	var all []*member
	for i := range n {
		all = append(all, c.member(fmt.Sprint("host-", i+1)))
	}
	return all
}
