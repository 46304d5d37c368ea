package dispatch

import (
	"context"
	"errors"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func TestHoldEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, "is when what waits goes on, also after a restart", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Holds = o.Queue.(store.Store) })
		pools := map[string]Pool{"one": {Slots: 1}}
		b.SetPools(pools, nil)
		b.add(t, "a", func(j *Job) { j.Definition.Pool = "one" })
		until := time.Now().Add(10*time.Minute + 7*time.Second)
		h := store.Hold{ID: newRunID(), All: true, Drain: true, Reason: "test", By: "test", Since: time.Now().Add(2 * time.Minute), Until: until}
		if _, err := b.store.Hold(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		b.SetPlugin("p", b.executor, 0)
		b.fire("a")
		time.Sleep(2 * time.Minute)
		b.restart(t, time.Second, pools)
		time.Sleep(time.Until(until) - time.Second)
		if n := b.executor.count(); n != 0 {
			t.Fatalf("%d calls while the hold is in force", n)
		}
		time.Sleep(2 * time.Second)
		if n := b.executor.count(); n != 1 {
			t.Errorf("%d calls when it has ended", n)
		}
	})
}

func TestLateIsJudgedAnew(t *testing.T) {
	t.Parallel()
	inBubble(t, "when the clock goes back between two tries", func(t *testing.T) {
		b := setup(t, nil)
		for name, policy := range map[string]*schedule.CatchUp{"missed": nil, "caught up": {Mode: schedule.CatchUpAll, Within: time.Hour, Limit: 9}} {
			b.add(t, name, func(j *Job) { j.Definition.CatchUp = policy })
			list := due(0, name)
			jobs := b.Dispatcher.jobs(list)
			claim := b.ask(list, jobs)
			fresh := claim.Due[0]
			claim.At = list[0].At.Add(10 * time.Minute)
			if b.late(&claim, list, jobs); claim.Due[0].Missed == run.None && claim.Due[0].Trigger != run.ByCatchUp {
				t.Errorf("%s: %+v", name, claim.Due[0])
			}
			claim.At = list[0].At
			b.late(&claim, list, jobs)
			if got := claim.Due[0]; got.Missed != fresh.Missed || got.Trigger != fresh.Trigger || got.Policy != fresh.Policy {
				t.Errorf("%s: %+v", name, got)
			}
			b.giveBack(claim)
		}
	})
}

func TestAtOnce(t *testing.T) {
	t.Parallel()
	one := due(0, "a", "b")
	later := due(time.Minute, "c")
	for name, tt := range map[string]struct {
		due  []schedule.Due
		want bool
	}{
		"each of another schedule":       {one, true},
		"of two instants":                {append(one[:2:2], later...), false},
		"of two instants between others": {append(append(one[:1:1], later...), one[1]), false},
		"a schedule that is there twice": {append(one[:2:2], one[0]), false},
	} {
		if got := atOnce(tt.due); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// terseLedger refuses firings with a name, for good.
type terseLedger struct{ Ledger }

func (l terseLedger) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	for _, d := range c.Due {
		if d.Name != "" {
			return nil, errors.New("refused")
		}
	}
	return l.Ledger.Claim(ctx, c)
}

func TestRefusedFiring(t *testing.T) {
	t.Parallel()
	inBubble(t, "is missed rather than left unsettled", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Ledger = terseLedger{o.Ledger} })
		b.add(t, "a", nil)
		b.fire("a")
		if f := b.firings(t, "a"); len(f) != 1 || f[0].Outcome != run.Missed || f[0].Reason != run.ReasonLate {
			t.Errorf("firings = %+v", f)
		}
	})
}
