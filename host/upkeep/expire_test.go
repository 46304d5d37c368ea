package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"butlerd/host/store"
)

// valuesOnly is a ledger in which only values expire: answers are given one after the
// other.
type valuesOnly struct {
	fakeLedger
	answers []int
	asked   []int
	err     error
}

// RemoveExpired implements Ledger.
func (v *valuesOnly) RemoveExpired(_ context.Context, _ time.Time, limit int) (n int, err error) {
	time.Sleep(time.Second)
	v.asked = append(v.asked, limit)
	n, v.answers = v.answers[0], v.answers[1:]
	return n, v.err
}

func TestExpire(t *testing.T) {
	t.Parallel()
	upkeepOf := func(l Ledger) *Upkeep {
		return New(Options{Ledger: l, Keep: func() Keep { return Keep{} }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	}
	inBubble(t, "removes in batches with rests between", func(t *testing.T) {
		v := &valuesOnly{answers: []int{batch, batch, 3}}
		began := time.Now()
		if err := upkeepOf(v).Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); !slices.Equal(v.asked, []int{batch, batch, batch}) || took != (3+2*rest)*time.Second {
			t.Errorf("it asked for %v within %s", v.asked, took)
		}
	})
	inBubble(t, "says why it could not", func(t *testing.T) {
		away := errors.New("away")
		if err := upkeepOf(&valuesOnly{answers: []int{0}, err: away}).Expire(t.Context()); !errors.Is(err, away) {
			t.Errorf("got the error %v", err)
		}
	})
	inBubble(t, "goes on each hour, whatever is kept of the ledger", func(t *testing.T) {
		b := setup(t, 0)
		ctx, now := t.Context(), time.Now()
		for n := range 3 {
			err := b.Put(ctx, now, []store.KeyValue{{Namespace: "n", Key: fmt.Sprint(n), ExpiresAt: now.Add(time.Duration(n) * 50 * minute)}}, store.KeyValueLimits{})
			if err != nil {
				t.Fatal(err)
			}
		}
		u := upkeepOf(b.DB)
		u.Start()
		for _, want := range []int{2, 1} { // of which the time before is asked for
			time.Sleep(30 * minute)
			keys, err := b.Keys(ctx, now.Add(-minute), "n")
			if err != nil || len(keys) != want {
				t.Errorf("%d keys are left, %v, want %d", len(keys), err, want)
			}
			time.Sleep(30 * minute)
		}
		u.Stop()
	})
}
