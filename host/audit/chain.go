package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// sealing compares the seals with what is settled. All days are computed at one time,
// since the ledger is read in the order of schedules.
type sealing struct {
	seals []store.Seal // by day
	tapes map[int64]*tape
	// apart says that the walk does not come by all firings of these days.
	apart bool
}

// newSealing prepares to check the days that are wholly kept, and within an interval
// that was asked for.
func newSealing(seals []store.Seal, kept time.Time, o Options) *sealing {
	s := &sealing{
		seals: slices.SortedStableFunc(slices.Values(seals), func(a, b store.Seal) int { return a.Day.Compare(b.Day) }),
		tapes: map[int64]*tape{},
		apart: !o.From.IsZero() || !o.To.IsZero(),
	}
	for _, seal := range s.seals {
		asked := nextDay(seal.Day).After(o.From) && (o.To.IsZero() || seal.Day.Before(o.To))
		if asked && !seal.Day.Before(kept) {
			s.tapes[seal.Day.Unix()] = newTape()
		}
	}
	return s
}

// add adds a firing that the walk comes by.
func (s *sealing) add(f run.Firing) {
	if !s.apart {
		s.put(f)
	}
}

func (s *sealing) put(f run.Firing) {
	if t := s.tapes[Day(f.SettledAt).Unix()]; t != nil {
		t.add(f)
	}
}

// checkSeals checks the chain of all seals, and the days that are to be compared.
func (v *verifier) checkSeals(ctx context.Context) error {
	s, r := v.seals, &v.report.Seals
	r.Count = int64(len(s.seals))
	for i, seal := range s.seals {
		if s.apart {
			if err := v.playDay(ctx, seal.Day); err != nil {
				return err
			}
		}
		text := s.linked(i)
		if t := s.tapes[seal.Day.Unix()]; t != nil {
			r.Checked++
			if text == "" {
				text = t.differs(seal)
			}
		}
		if text != "" {
			v.file(Finding{Kind: Edited, Day: dayOf(seal), Text: text})
		}
	}
	if n := len(s.seals); n > 0 {
		r.FirstDay, r.LastDay, r.LastHash = dayOf(s.seals[0]), dayOf(s.seals[n-1]), &s.seals[n-1].Hash
	}
	return nil
}

func dayOf(s store.Seal) *string {
	day := s.Day.UTC().Format(dayLayout)
	return &day
}

// playDay reads the firings of one day.
func (v *verifier) playDay(ctx context.Context, day time.Time) error {
	if v.seals.tapes[day.Unix()] == nil {
		return nil
	}
	return eachOf(ctx, v.src, day, v.seals.put)
}

// eachOf hands out the firings that were settled on a day, in their order.
func eachOf(ctx context.Context, d dayLister, day time.Time, to func(run.Firing)) error {
	var last store.SettlementKey
	return d.SettledOn(ctx, day, func(f run.Firing) error {
		if compareKeys(firingKey(f), last) < 0 {
			return errOrder
		}
		last = firingKey(f)
		to(f)
		return nil
	})
}

// dayLister lists what was settled on a day.
type dayLister interface {
	SettledOn(ctx context.Context, day time.Time, to func(run.Firing) error) error
}

// linked says what is wrong with the place of a seal in the chain; empty when nothing
// is.
func (s *sealing) linked(i int) string {
	seal := s.seals[i]
	switch {
	case !seal.Day.Equal(Day(seal.Day)):
		return "the seal is not of a day in UTC"
	case i == 0 && seal.Previous != "":
		return "it is the first seal, and names one before it: that one was removed"
	case i == 0:
		return ""
	}
	before := s.seals[i-1]
	switch {
	case seal.Day.Equal(before.Day):
		return "the day has two seals"
	case !seal.Day.Equal(nextDay(before.Day)):
		return fmt.Sprintf("there is no seal between this day and %s", *dayOf(before))
	case seal.Previous != before.Hash:
		return "its seal does not continue that of the day before: one of the two was changed"
	}
	return ""
}

// differs says how the firings of a day differ from its seal; empty when they do not.
func (t *tape) differs(seal store.Seal) string {
	switch {
	case t.count != seal.Count:
		return fmt.Sprintf("%d firings are settled on this day, and %d were when it was sealed", t.count, seal.Count)
	case t.hash(seal.Day, seal.Previous) != seal.Hash:
		return "what was settled on this day, or its seal, was changed after it was sealed"
	}
	return ""
}
