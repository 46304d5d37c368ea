package registry

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// settled are the instants of a schedule that are in the ledger, as mm:ss.
func (b *bundle) settled(t *testing.T, id string) []string {
	t.Helper()
	list, err := b.store.Firings(t.Context(), store.FiringQuery{ScheduleID: id})
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	for _, f := range list {
		at = append(at, f.DueAt.Format("04:05"))
		if f.Outcome != run.Skipped || f.Reason != run.ReasonStopped {
			t.Errorf("firing = %+v", f)
		}
	}
	return at
}

func (b *bundle) wantSettled(t *testing.T, id string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, b.settled(t, id)); diff != "" {
		t.Errorf("settled instants of %s (-want +got):\n%s", id, diff)
	}
}

// each10 makes a schedule that is due every ten seconds.
func (b *bundle) each10(t *testing.T, id string, change func(*schedule.Definition)) {
	t.Helper()
	d := definition(id, "*/10 * * * * *")
	if change != nil {
		change(&d)
	}
	if _, err := b.Create(t.Context(), d, "api"); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) started(t *testing.T, id string, started bool) {
	t.Helper()
	if _, err := b.SetStarted(t.Context(), id, started, "api"); err != nil {
		t.Fatal(err)
	}
}

// A host may be killed before it has claimed what its engine handed out, and no
// other knows of a version that has ended.
func TestEndOfVersion(t *testing.T) {
	t.Parallel()
	inBubble(t, "settles what waits to be claimed", func(t *testing.T) {
		a, b := two(t)
		a.each10(t, "x", nil)
		b.claiming <- struct{}{} // the store does not answer b
		defer func() { <-b.claiming }()
		time.Sleep(45 * time.Second)
		b.sync(t) // its engine hands out what has passed, all at once
		time.Sleep(time.Second)
		if n := b.count(); n != 4 {
			t.Fatalf("%d instants are handed out, want 4", n)
		}
		if err := b.Delete(t.Context(), "x", "api"); err != nil {
			t.Fatal(err)
		}
		b.wantSettled(t, "x", "00:10", "00:20", "00:30", "00:40")
	})
	inBubble(t, "leaves to others what they claim, and owes nothing for the time before it", func(t *testing.T) {
		a, b := two(t)
		a.each10(t, "x", nil)
		b.sync(t)
		b.claiming <- struct{}{}
		defer func() { <-b.claiming }()
		time.Sleep(15 * time.Second) // b waits with the first
		a.started(t, "x", false)
		time.Sleep(20 * time.Second)
		a.started(t, "x", true)
		b.sync(t) // of both changes at once
		time.Sleep(20 * time.Second)
		if err := b.Delete(t.Context(), "x", "api"); err != nil {
			t.Fatal(err)
		}
		b.wantSettled(t, "x", "00:40", "00:50")
	})
	inBubble(t, "settles what waits to be claimed by a host that drains", func(t *testing.T) {
		a, b := two(t)
		a.each10(t, "x", nil)
		b.sync(t)
		b.claiming <- struct{}{}
		defer func() { <-b.claiming }()
		time.Sleep(15 * time.Second)
		b.Drain(true)
		time.Sleep(10 * time.Second)
		b.started(t, "x", false)
		b.wantSettled(t, "x", "00:10", "00:20")
	})
	inBubble(t, "settles what nobody has swept", func(t *testing.T) {
		a, _ := two(t)
		begun := time.Now()
		a.opts.Swept = func(string) time.Time { return begun.Add(time.Hour) }
		a.each10(t, "x", func(d *schedule.Definition) {
			d.Placement = &schedule.Placement{Labels: map[string]string{"zone": "b"}, Wait: time.Minute}
		})
		time.Sleep(time.Hour + 25*time.Second) // it was swept to the hour, then the store was away
		if err := a.Delete(t.Context(), "x", "api"); err != nil {
			t.Fatal(err)
		}
		a.wantSettled(t, "x", "00:10", "00:20")
	})
}
