package lease

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// lasts is how long a lease lasts in these tests.
const lasts = 10 * time.Second

// unused is what a keeper does not ask of a store.
type unused struct{ store.Shared }

func (unused) Leave(context.Context, string, time.Time) ([]run.Run, error) { return nil, nil }

func (unused) Hosts(context.Context) ([]store.Host, error) { return nil, nil }

// fakeStore gives leases by a clock that is ahead of the hosts'.
type fakeStore struct {
	unused

	mu       sync.Mutex
	away     bool // nothing is answered
	fenced   bool // the next renewal is refused
	ahead    time.Duration
	takeOver []time.Time
	joins    int
	orders   chan struct{}
}

func (s *fakeStore) check() error {
	if s.away {
		return store.ErrUnavailable
	}
	return nil
}

func (s *fakeStore) lease() store.Lease {
	now := time.Now().Add(s.ahead)
	return store.Lease{For: lasts, Now: now, Until: now.Add(lasts)}
}

func (s *fakeStore) Join(context.Context, store.Host) (store.Joined, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joins++
	s.fenced = false
	return store.Joined{Lease: s.lease()}, s.check()
}

func (s *fakeStore) Renew(context.Context, string, store.Report) (store.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fenced {
		return store.Lease{}, fmt.Errorf("renewing: %w", store.ErrFenced)
	}
	return s.lease(), s.check()
}

func (s *fakeStore) TakeOver(context.Context, string, time.Time) ([]run.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takeOver = append(s.takeOver, time.Now())
	return nil, s.check()
}

func (s *fakeStore) Watch() <-chan struct{} { return s.orders }

func (s *fakeStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// fakeOwner notes what it hears.
type fakeOwner struct {
	mu         sync.Mutex
	heardSoFar heard
}

type heard struct {
	valid  time.Duration
	lost   []time.Time
	joined int
	news   int

	regained int
}

// heard is what it has heard so far.
func (o *fakeOwner) heard() (h heard) {
	o.note(func() { h = o.heardSoFar; h.lost = append([]time.Time(nil), h.lost...) })
	return h
}

func (o *fakeOwner) note(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *fakeOwner) Report() store.Report { return store.Report{Version: "1"} }
func (o *fakeOwner) Renewed(_ context.Context, v time.Duration) {
	o.note(func() { o.heardSoFar.valid = v })
}
func (o *fakeOwner) Regained(context.Context) { o.note(func() { o.heardSoFar.regained++ }) }
func (o *fakeOwner) Lost() {
	o.note(func() { o.heardSoFar.lost = append(o.heardSoFar.lost, time.Now()) })
}
func (o *fakeOwner) Joined()                    { o.note(func() { o.heardSoFar.joined++ }) }
func (o *fakeOwner) Ended([]run.Run)            {}
func (o *fakeOwner) News(context.Context) error { o.note(func() { o.heardSoFar.news++ }); return nil }

func setup(t *testing.T) (*Keeper, *fakeStore, *fakeOwner) {
	t.Helper()
	s, o := &fakeStore{orders: make(chan struct{}, 1)}, &fakeOwner{}
	k := New(Options{Hosts: s, Shared: s, Name: "a", Owner: o, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if _, err := k.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.Start()
	k.Follow()
	t.Cleanup(k.Stop)
	return k, s, o
}

func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

func held(k *Keeper) bool {
	_, ok := k.Held()
	return ok
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	inBubble(t, "holds its lease for as long as the store answers", func(t *testing.T) {
		k, _, o := setup(t)
		id := k.HostID()
		time.Sleep(time.Hour)
		if !held(k) || len(o.heard().lost) != 0 || k.HostID() != id {
			t.Errorf("held %v, lost %v", held(k), o.heard().lost)
		}
	})
	inBubble(t, "gives up before the store could give its work away", func(t *testing.T) {
		k, s, o := setup(t)
		time.Sleep(time.Minute)
		s.set(func() { s.away = true })
		from := time.Now()
		time.Sleep(time.Hour)
		if held(k) || len(o.heard().lost) != 1 {
			t.Fatalf("held %v, lost %v", held(k), o.heard().lost)
		}
		if after := o.heard().lost[0].Sub(from); after >= lasts || after < lasts/2 {
			t.Errorf("lost after %s", after)
		}
		s.set(func() { s.away = false })
		time.Sleep(lasts)
		if !held(k) || s.joins != 1 {
			t.Errorf("held %v after %d joins: nobody had taken the lease away", held(k), s.joins)
		}
	})
	inBubble(t, "joins again under a new id when its lease was taken away", func(t *testing.T) {
		k, s, o := setup(t)
		id := k.HostID()
		time.Sleep(time.Minute)
		s.set(func() { s.fenced = true })
		time.Sleep(lasts)
		if !held(k) || k.HostID() == id || len(o.heard().lost) != 1 || o.heard().joined != 1 || o.heard().regained != 1 {
			t.Errorf("held %v, same id %v, lost %v, joined %d", held(k), k.HostID() == id, o.heard().lost, o.heard().joined)
		}
	})
	inBubble(t, "goes by the store's clock", func(t *testing.T) {
		k, s, _ := setup(t)
		s.set(func() { s.ahead = 3 * time.Minute })
		time.Sleep(lasts)
		if off := -time.Until(k.Now()) + 3*time.Minute; off.Abs() > time.Second {
			t.Errorf("off by %s", off)
		}
	})
	inBubble(t, "takes nothing over before the others had time to renew", func(t *testing.T) {
		_, s, _ := setup(t)
		time.Sleep(time.Minute)
		s.set(func() { s.away = true })
		time.Sleep(time.Hour)
		s.set(func() { s.away, s.takeOver = false, nil })
		back := time.Now()
		time.Sleep(time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.takeOver) == 0 || s.takeOver[0].Sub(back) < lasts {
			t.Errorf("took over at %v, the store was back at %s", s.takeOver, back)
		}
	})
	inBubble(t, "looks for news when it is woken, and each second", func(t *testing.T) {
		_, s, o := setup(t)
		time.Sleep(time.Minute + time.Millisecond)
		before := o.heard().news
		if before < 55 || before > 65 {
			t.Errorf("looked %d times in a minute", before)
		}
		s.orders <- struct{}{}
		time.Sleep(100 * time.Millisecond)
		if o.heard().news != before+1 {
			t.Errorf("looked %d times when woken", o.heard().news-before)
		}
	})
	inBubble(t, "tells how long the lease is good", func(t *testing.T) {
		_, _, o := setup(t)
		time.Sleep(time.Minute)
		if o.heard().valid <= 0 || o.heard().valid >= lasts {
			t.Errorf("valid for %s", o.heard().valid)
		}
	})
}

// single is a store for one host.
type single struct{}

func (single) Hosts(context.Context) ([]store.Host, error) { return nil, nil }

func (single) Join(context.Context, store.Host) (store.Joined, error) {
	return store.Joined{Alone: true}, nil
}

func (single) Leave(context.Context, string, time.Time) ([]run.Run, error) {
	return []run.Run{{ID: "waited"}}, nil
}

func TestKeeperOfAStoreForOneHost(t *testing.T) {
	t.Parallel()
	inBubble(t, "does nothing but join and leave", func(t *testing.T) {
		k := New(Options{Hosts: single{}, Owner: &fakeOwner{}, Log: slog.New(slog.DiscardHandler)})
		if _, err := k.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.Start()
		time.Sleep(24 * 365 * time.Hour)
		if !held(k) {
			t.Error("the lease has ended")
		}
		k.Stop()
		ended, err := k.Leave(t.Context())
		if err != nil || len(ended) != 1 || held(k) {
			t.Errorf("Leave = %v, %v; held %v", ended, err, held(k))
		}
	})
	t.Run("says what kept it from joining", func(t *testing.T) {
		t.Parallel()
		s := &fakeStore{away: true}
		k := New(Options{Hosts: s, Shared: s, Owner: &fakeOwner{}, Log: slog.New(slog.DiscardHandler)})
		if _, err := k.Join(t.Context()); !errors.Is(err, store.ErrUnavailable) || held(k) {
			t.Errorf("Join = %v, held %v", err, held(k))
		}
	})
}

func TestTermGoesByTheClockThatHasRunFurther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		term := newTerm(time.Now(), lasts)
		if left := term.left(); left != lasts-lasts/10 {
			t.Errorf("left at first: %s", left)
		}
		term.from = term.from.Add(-5 * time.Second)
		if left := term.left(); left != 4*time.Second {
			t.Errorf("left after half of it: %s", left)
		}
		term.end()
		if left := term.left(); left != 0 {
			t.Errorf("left of a term that was ended: %s", left)
		}
	})
}
