package host_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"butlerd/sdk"
)

// call is one attempt as the plugin saw it.
type call struct {
	Run      string
	Attempt  int
	Name     string // of the schedule
	Looks    bool   // for a lost attempt
	Deaf     bool   // it does not end when it is asked to
	Begun    time.Time
	Ended    time.Time // zero: never
	Says     says
	WasEnded bool // its context ended, or its process
}

// says is what an action comes to.
type says string

const (
	saysWell      says = "well"
	saysFailed    says = "failed"
	saysPermanent says = "permanent"
	saysLater     says = "later"
	saysLost      says = "lost"
)

const laterBy = 457 * time.Second

// actor is a plugin whose actions do what their seed says. Its calls outlive the
// hosts.
type actor struct {
	seed uint64
	now  func() time.Time

	mu    sync.Mutex
	calls []*call
	dead  chan struct{} // closed when the process of the day is killed
}

func (a *actor) plugin() sdk.Plugin {
	type none struct{}
	type named struct {
		Name string `hcl:"name,optional"`
	}
	type task struct {
		TaskID string `hcl:"task_id"`
	}
	return sdk.Plugin{Name: "actor", Version: "1.0.0", Actions: []sdk.Action{
		sdk.NewAction("work", func(ctx context.Context, r *sdk.Run, _ none) (answer, error) { return a.act(ctx, r, "work") }),
		sdk.NewAction("seek", func(ctx context.Context, r *sdk.Run, _ none) (answer, error) { return a.act(ctx, r, "seek") }).WithResume(),
		sdk.NewAction("note", func(ctx context.Context, r *sdk.Run, n named) (answer, error) { return a.act(ctx, r, n.Name) }),
		sdk.NewAction("qlik-sense-reload", func(ctx context.Context, r *sdk.Run, _ task) (answer, error) { return a.act(ctx, r, "task") }),
	}}
}

// live is a new process.
func (a *actor) live() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dead = make(chan struct{})
}

// die ends what the process of the day executes.
func (a *actor) die() { close(a.dead) }

// fate is a number that is the same for the same attempt in each life of the world.
func (a *actor) fate(r *sdk.Run, what string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %s %s %d %d", a.seed, r.ScheduleName, what, r.Trigger, r.DueAt.UnixMicro(), r.Attempt)
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// durations end at no instant at which anything else happens.
func durationOf(fate uint64) time.Duration {
	most := []uint64{3, 60, 600, 3000}[fate>>8%4]
	return time.Duration(fate>>16%most)*time.Second + time.Duration(1+fate>>32%990_000)*time.Microsecond
}

func (a *actor) act(ctx context.Context, r *sdk.Run, what string) (answer, error) {
	fate := a.fate(r, what)
	c := &call{Run: r.ID, Attempt: r.Attempt, Name: r.ScheduleName, Looks: r.Lost() != nil, Begun: a.now(), Says: fated(fate)}
	lasts := durationOf(fate)
	switch {
	case what != "work" && what != "seek":
		lasts %= 20 * time.Second // what follows is short
	case fate>>40%16 == 0:
		lasts = 1000 * time.Hour // until it is asked to end
	}
	c.Deaf = fate>>44%16 == 0
	a.mu.Lock()
	a.calls = append(a.calls, c)
	dead := a.dead
	a.mu.Unlock()
	if what == "seek" && !c.Looks {
		if err := r.Checkpoint(map[string]int{"attempt": r.Attempt}); err != nil {
			c.Says = saysFailed
		}
	}
	err := a.wait(ctx, dead, c, lasts)
	a.mu.Lock()
	defer a.mu.Unlock()
	c.Ended = a.now()
	return answer{}, err
}

func fated(fate uint64) says {
	switch n := fate % 20; {
	case n < 11:
		return saysWell
	case n < 16:
		return saysFailed
	case n < 17:
		return saysPermanent
	case n < 18:
		return saysLater
	}
	return saysLost
}

// wait is the work.
func (a *actor) wait(ctx context.Context, dead <-chan struct{}, c *call, lasts time.Duration) error {
	timer := time.NewTimer(lasts)
	defer timer.Stop()
	over := ctx.Done()
	if c.Deaf {
		over = nil
	}
	select {
	case <-timer.C:
		return c.Says.error()
	case <-over:
		c.WasEnded = true
		return ctx.Err()
	case <-dead:
		c.WasEnded = true
		return errors.New("killed")
	}
}

func (s says) error() error {
	err := errors.New(string(s))
	switch s {
	case saysWell:
		return nil
	case saysPermanent:
		return sdk.Permanent(err)
	case saysLater:
		return sdk.RetryAfter(laterBy, err)
	case saysLost:
		return sdk.Lost(err)
	}
	return err
}
