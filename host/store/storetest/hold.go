package storetest

import (
	"errors"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func holdCases() []Case {
	return []Case{
		{Name: "a hold keeps the firings of its scope from running", test: holds},
		{Name: "a hold is in force behind its beginning, up to its end", test: holdIsInForce},
		{Name: "the hold that was made first counts", test: firstHoldCounts},
		{Name: "a hold that lets drain has what is claimed wait", test: drainingHasWait},
		{Name: "a hold begins behind what is settled in its scope", test: holdBeginsBehind},
		{Name: "a hold is released once", test: holdIsReleased},
		{Name: "a hold ends behind what it kept from running", test: holdEndsBehind},
		{Name: "holds are listed since an instant", Reopens: true, test: holdsAreListed},
		{Name: "a hold that says too little or too much is refused", test: holdIsRefused},
	}
}

func (f *fixture) holding() store.Holds {
	f.Helper()
	h, ok := f.st.(store.Holds)
	if !ok {
		f.Fatalf("%T is no store.Holds", f.st)
	}
	return h
}

func (f *fixture) hold(h store.Hold) store.Hold {
	f.Helper()
	got, err := f.holding().Hold(f.ctx, h)
	f.check("holding", err)
	return got
}

// holdAll is a hold of everything since minute n.
func holdAll(id string, n int) store.Hold {
	return store.Hold{ID: id, All: true, Reason: "a reason", By: "somebody", Since: minute(n)}
}

func (f *fixture) release(id string, n int) store.Hold {
	f.Helper()
	h, err := f.holding().Release(f.ctx, id, minute(n), "the releaser")
	f.check("releasing", err)
	return h
}

func (f *fixture) holds(since time.Time) []store.Hold {
	f.Helper()
	all, err := f.holding().Holds(f.ctx, since)
	f.check("listing holds", err)
	return all
}

func heldBy(id string) store.Claimed {
	return store.Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonHeld, HoldID: id}
}

func holds(f *fixture) {
	f.create("s", "t")
	tagged := func(id string, n int, tags ...string) store.Due {
		d := due(id, n)
		d.Tags = tags
		return d
	}
	byTag, byID := holdAll("by tag", 10), holdAll("by id", 20)
	byTag.All, byTag.Tag = false, "åäö"
	byID.All, byID.ScheduleID = false, "t"
	for _, h := range []store.Hold{byTag, byID} {
		equal(f, "the hold", f.hold(h), h)
	}
	equal(f, "the answers to those with and without the tag",
		f.claim(11, tagged("s", 11, "other", "åäö"), tagged("t", 11, "other"), tagged("t", 12)),
		[]store.Claimed{heldBy("by tag"), ran(run.Running), skipped(run.ReasonOverlap)})
	equal(f, "the firing", f.firings("s"), []run.Firing{{
		ScheduleID: "s", DueAt: minute(11), Outcome: run.Skipped, Reason: run.ReasonHeld, HoldID: "by tag", Version: 1, SettledAt: minute(11),
	}})
	equal(f, "the state of the run", f.state(runID("s", 11)), "none")
	equal(f, "the answers to one schedule and another", f.claim(21, due("t", 21), due("s", 21)),
		[]store.Claimed{heldBy("by id"), ran(run.Running)})
	f.hold(holdAll("all", 30))
	late := due("s", 31)
	late.Missed = run.ReasonLate
	equal(f, "the answers to all", f.claim(33, late, due("s", 32), due("t", 32)),
		[]store.Claimed{missed(run.ReasonLate), heldBy("all"), heldBy("by id")})
	asked := f.asked("r", "s")
	_, made := f.trigger(asked)
	equal(f, "whether a trigger makes a run", made, true)
	equal(f, "the answers to another claim", f.claim(33, anew(due("s", 32), due("s", 11))...), make([]store.Claimed, 2))
	equal(f, "the outcomes", f.counts().Firings, map[run.Outcome]int64{run.Ran: 2, run.Skipped: 5, run.Missed: 1})
}

func holdIsInForce(f *fixture) {
	f.create("s")
	h := holdAll("h", 10)
	h.Until = minute(20)
	f.hold(h)
	f.hold(holdAll("released", 30))
	f.release("released", 40)
	for n, want := range map[int]bool{9: false, 10: false, 11: true, 19: true, 20: true, 21: false, 30: false, 31: true, 40: true, 41: false} {
		d := due("s", n)
		d.Overlap = ""
		equal(f, fmt.Sprint("whether minute ", n, " is held"), f.claim(50, d)[0].Reason == run.ReasonHeld, want)
	}
}

func firstHoldCounts(f *fixture) {
	f.create("s")
	f.hold(holdAll("b", 10))
	f.hold(holdAll("a", 10))
	earlier := holdAll("z", 5)
	earlier.All, earlier.ScheduleID = false, "s"
	f.hold(earlier)
	equal(f, "the answers", f.claim(20, due("s", 6), due("s", 15)), []store.Claimed{heldBy("z"), heldBy("z")})
	f.release("z", 15)
	equal(f, "the answer then", f.claim(20, due("s", 16)), []store.Claimed{heldBy("a")})
}

func drainingHasWait(f *fixture) {
	f.create("s", "t")
	beside := func(id string, n int) store.Due { return over(schedule.OverlapAllow, id, n) }
	before := beside("s", 8)
	equal(f, "the answer before it", f.claim(9, before), []store.Claimed{ran(run.Running)})
	drains := holdAll("h", 10)
	drains.All, drains.ScheduleID, drains.Drain, drains.Until = false, "s", true, minute(20)
	f.hold(drains)
	f.hold(holdAll("of those that are due alone", 30))
	delayed := []store.Due{beside("s", 9), beside("t", 12), beside("s", 12)}
	want := []store.Claimed{ran(run.Waiting), ran(run.Running), heldBy("h")}
	equal(f, "the answers to what was due before it, is of another, and is held", f.claim(12, delayed...), want)
	r, attempts := f.run(runID("s", 9))
	equal(f, "the run that waits", []any{r.State, r.Attempts, len(attempts), r.StartedAt}, []any{run.Waiting, 0, 0, time.Time{}})
	equal(f, "the answer again to what started before it", f.claim(13, before), []store.Claimed{ran(run.Running)})
	equal(f, "the answer at its last instant", f.claim(20, beside("s", 7)), []store.Claimed{ran(run.Waiting)})
	equal(f, "the answer behind its end", f.claim(21, beside("s", 6)), []store.Claimed{ran(run.Running)})
	equal(f, "the answers again behind its end", f.claim(21, delayed[:2]...), want[:2])
	later := holdAll("later", 50)
	later.Drain = true
	f.hold(later)
	equal(f, "the answer to a claim that began before the hold was made", f.claim(49, beside("t", 29)), []store.Claimed{ran(run.Waiting)})
	equal(f, "what is taken", len(f.take(51, 9)), 3)
}

func holdBeginsBehind(f *fixture) {
	s, other := a("s"), a("other")
	s.Tags, other.Tags = []string{"x", "both"}, []string{"y", "both"}
	f.change(create(s, minute(-5)), create(other, minute(-5)))
	f.claim(50, due("s", 40), due("other", 10))
	f.miss(absence("other", 30))
	for i, tt := range []struct {
		scope store.Hold
		want  int
	}{
		{store.Hold{All: true}, 40}, {store.Hold{Tag: "both"}, 40}, {store.Hold{Tag: "x"}, 40}, {store.Hold{Tag: "y"}, 30},
		{store.Hold{Tag: "none"}, 20}, {store.Hold{ScheduleID: "s"}, 40}, {store.Hold{ScheduleID: "other"}, 30}, {store.Hold{ScheduleID: "absent"}, 20},
	} {
		h := tt.scope
		h.ID, h.Reason, h.Since = fmt.Sprint(i), "r", minute(20)
		want := h
		want.Since = minute(tt.want)
		equal(f, fmt.Sprintf("the hold of %+v", tt.scope), f.hold(h), want)
		h.ID, h.Since = fmt.Sprint("later ", i), minute(45)
		equal(f, "when it begins later", f.hold(h).Since, minute(45))
	}
	equal(f, "the answers", f.claim(60, due("other", 31), due("other", 12)), []store.Claimed{heldBy("6"), skipped(run.ReasonOverlap)})
}

func holdIsReleased(f *fixture) {
	h := f.hold(holdAll("h", 10))
	ends := holdAll("ends", 10)
	ends.Until = minute(20)
	ends = f.hold(ends)
	if _, err := f.holding().Hold(f.ctx, holdAll("h", 11)); !errors.Is(err, store.ErrExists) {
		f.Errorf("a hold with an id that is taken: got the error %v", err)
	}
	h.ReleasedAt, h.ReleasedBy = minute(15), "the releaser"
	equal(f, "the hold that is released", f.release("h", 15), h)
	equal(f, "the hold that is released again", f.release("h", 16), h)
	equal(f, "the hold that has ended by itself", f.release("ends", 20), ends)
	ends.ReleasedAt, ends.ReleasedBy = minute(19), "the releaser"
	equal(f, "the hold that ends earlier", f.release("ends", 19), ends)
	_, err := f.holding().Release(f.ctx, "absent", minute(1), "")
	f.refused(err, store.ErrNotFound, "absent")
	equal(f, "the holds", f.holds(time.Time{}), []store.Hold{ends, h})
}

func holdEndsBehind(f *fixture) {
	f.create("s", "t")
	f.hold(holdAll("h", 10))
	f.claim(20, due("s", 18), due("t", 12))
	equal(f, "when it ends", f.release("h", 15).ReleasedAt, minute(18))
}

func holdsAreListed(f *fixture) {
	ends := holdAll("ends", 5)
	ends.Until, ends.Drain = minute(10), true
	released := holdAll("released", 3)
	want := []store.Hold{f.hold(released), f.hold(ends), f.hold(holdAll("b", 6)), f.hold(holdAll("c", 6))}
	want[0] = f.release("released", 8)
	f.reopen()
	for n, first := range map[int]int{0: 0, 8: 0, 9: 1, 10: 1, 11: 2, 100: 2} {
		equal(f, fmt.Sprint("the holds since minute ", n), f.holds(minute(n)), want[first:])
	}
}

func holdIsRefused(f *fixture) {
	for name, spoil := range map[string]func(*store.Hold){
		"no id":           func(h *store.Hold) { h.ID = "" },
		"no scope":        func(h *store.Hold) { h.All = false },
		"two scopes":      func(h *store.Hold) { h.Tag = "t" },
		"no reason":       func(h *store.Hold) { h.Reason = "" },
		"too long a text": func(h *store.Hold) { h.Reason = long(store.MaxText + 1) },
		"an early end":    func(h *store.Hold) { h.Until = minute(0) },
	} {
		h := holdAll("h", 1)
		if spoil(&h); second(f.holding().Hold(f.ctx, h)) == nil {
			f.Errorf("a hold with %s is accepted", name)
		}
	}
	h := holdAll("h", 1)
	h.Reason, h.By = long(store.MaxText), odd()[0]
	f.hold(h)
	equal(f, "the hold", f.holds(minute(5)), []store.Hold{h})
}
