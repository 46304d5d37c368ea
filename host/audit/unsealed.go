package audit

import (
	"context"
	"time"

	"butlerd/host/store"
)

// absent is how long before SettledUntil a host must have been at work for a day that
// is not sealed to be off: one that has just come back has its backlog to seal.
const absent = 24 * time.Hour

// checkUnsealed files the day after the latest seal when it should be sealed: hosts
// seal all days in a row as they start and go on, so that later work by a host, a day
// ago or longer, means that seals were removed.
func (v *verifier) checkUnsealed(ctx context.Context) error {
	day, err := v.unsealed(ctx)
	if err != nil || day.IsZero() {
		return err
	}
	some, err := v.settledIn(ctx, nextDay(day).Add(2*Margin), v.settledUntil.Add(-absent))
	if err != nil || some.IsZero() {
		return err
	}
	v.file(Finding{Kind: Edited, Day: dayOf(store.Seal{Day: day}), Text: "the day is over and not sealed, though hosts were at work since: its seal was removed, with all that followed"})
	return nil
}

// unsealed is the day after the latest seal; without one, a day on which something
// was settled, and which is wholly kept. Zero: there is none.
func (v *verifier) unsealed(ctx context.Context) (time.Time, error) {
	if n := len(v.seals.seals); n > 0 {
		return nextDay(Day(v.seals.seals[n-1].Day)), nil
	}
	from := time.Time{}
	if !v.kept.IsZero() {
		from = nextDay(Day(v.kept))
	}
	at, err := v.settledIn(ctx, from, v.settledUntil.Add(-absent))
	if err != nil || at.IsZero() {
		return time.Time{}, err
	}
	return Day(at), nil
}

// settledIn is when one of the firings settled in [from, to) was; zero when none was.
func (v *verifier) settledIn(ctx context.Context, from, to time.Time) (time.Time, error) {
	if !from.Before(to) {
		return time.Time{}, nil
	}
	some, err := v.src.Settlements(ctx, store.SettlementQuery{SettledFrom: from, SettledTo: to, Limit: 1})
	if err != nil || len(some) == 0 {
		return time.Time{}, err
	}
	return some[0].SettledAt, nil
}
