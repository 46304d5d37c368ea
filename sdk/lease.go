package sdk

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrLeaseLost is the cause (see context.Cause) of an attempt's context that
// ended because the plugin heard of no renewal of the host's lease in time: the
// host is paused or cut off, and another may begin the same work at any moment.
// Clean up what can be cleaned up at once: the process is ended soon after.
var ErrLeaseLost = errors.New("the host's lease has run out")

// The grace of attempts that a lease has left behind is a tenth of it, within
// these bounds. Then the process ends: an action that is deaf to its context must
// not go on while another host executes it.
const (
	minLeaseGrace = 100 * time.Millisecond
	maxLeaseGrace = 5 * time.Second
)

// lease is how long the host may go on executing. The zero value has no limit.
type lease struct {
	lasts time.Duration // 0: no limit
	from  moment
	over  bool // it was seen to have run out; a clock set back does not bring it back
}

// moment is one reading of two clocks. The one that never jumps stands still
// while the machine is suspended; the one on the wall does not.
type moment struct{ running, wall time.Time }

func now() moment {
	t := time.Now()
	return moment{running: t, wall: t.Round(0)} // Round strips the reading that never jumps
}

// left is how long the lease still lasts by the clock that went further.
func (l lease) left(at moment) time.Duration {
	return l.lasts - max(at.running.Sub(l.from.running), at.wall.Sub(l.from.wall))
}

func (l lease) grace() time.Duration {
	return min(max(l.lasts/10, minLeaseGrace), maxLeaseGrace)
}

// interval is how often the clocks are compared: timers do not count the time in
// which the machine was suspended.
func (l lease) interval() time.Duration {
	return min(max(l.lasts/10, 10*time.Millisecond), time.Second)
}

// renew begins a lease; 0 is one without a limit. What outlived the former one
// ends all the same, also when nobody has noticed yet: the process may have been
// stopped meanwhile.
func (a *attempts) renew(validFor time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checkLease()
	a.lease = lease{lasts: validFor, from: now()}
	if a.timer == nil {
		a.timer = time.AfterFunc(validFor, a.tick)
	}
	a.checkLease()
}

func (a *attempts) tick() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checkLease()
}

// checkLease ends what executes once the lease has run out, and looks again
// later while it has not. The caller holds a.mu.
func (a *attempts) checkLease() {
	if a.lease.lasts == 0 || a.lease.over {
		return
	}
	if left := a.lease.left(now()); left > 0 {
		a.timer.Reset(min(left, a.lease.interval()))
		return
	}
	a.lease.over = true
	a.abandon()
}

// abandon ends the contexts of all that executes, and the process when they do
// not end by that. The caller holds a.mu.
func (a *attempts) abandon() {
	var abandoned []*execution
	for x := range a.open {
		if !x.abandoned && !x.returned {
			x.abandoned = true
			x.cancel(ErrLeaseLost)
			abandoned = append(abandoned, x)
		}
	}
	if len(abandoned) > 0 {
		grace := a.lease.grace()
		time.AfterFunc(grace, func() { a.giveUp(abandoned, grace) })
	}
}

// giveUp does not care whether the lease was renewed meanwhile: others may have
// taken over what goes on here.
func (a *attempts) giveUp(abandoned []*execution, grace time.Duration) {
	a.mu.Lock()
	deaf := 0
	for _, x := range abandoned {
		if _, open := a.open[x]; open && !x.returned {
			deaf++
		}
	}
	a.mu.Unlock()
	if deaf > 0 && a.exit != nil {
		a.exit(fmt.Sprintf("%v, and %d attempt(s) did not end within %s of it", ErrLeaseLost, deaf, grace))
	}
}

// admit refuses what would have to be ended at once. The caller holds a.mu.
func (a *attempts) admit() error {
	a.checkLease()
	if a.lease.over {
		return status.Errorf(codes.FailedPrecondition, "%v, nothing was started", ErrLeaseLost)
	}
	for x := range a.open {
		if x.abandoned && !x.returned { // it may take the process with it
			return status.Error(codes.FailedPrecondition, "attempts that lost their lease are still ending, nothing was started")
		}
	}
	return nil
}
