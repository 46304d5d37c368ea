package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Options are what Verify can be told. The zero value checks all that is kept.
type Options struct {
	// From and To select the instants to check, due in [From, To). Zero: from the
	// first that is kept, and up to the last that is settled.
	From, To time.Time
	// LateLimit is how long after its due time a firing may still be claimed; zero:
	// DefaultLateLimit.
	LateLimit time.Duration
	// Limit is how many findings are listed; zero: DefaultLimit.
	Limit int
	// Specs is a cache of cron expressions; nil: one of its own.
	Specs *schedule.Cache
	// Now is the clock of the hosts; nil: the machine's.
	Now func() time.Time
}

// Defaults of Options.
const (
	DefaultLateLimit = time.Minute
	DefaultLimit     = 1000
)

// ErrInterval is returned for an interval that ends before it begins.
var ErrInterval = errors.New("the interval to verify is empty: from must be before to")

// ErrPruned is returned when settlements were deleted under a verification, again and
// again.
var ErrPruned = errors.New("the retention deletes firings faster than they can be verified: try again, with a later from")

func (o Options) withDefaults() (Options, error) {
	if !o.To.IsZero() && !o.From.Before(o.To) {
		return o, ErrInterval
	}
	if o.LateLimit == 0 {
		o.LateLimit = DefaultLateLimit
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Specs == nil {
		o.Specs = schedule.NewCache()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// tries is how often Verify begins anew when the retention has deleted what it was
// about to compare.
const tries = 3

// Verify recomputes every nominal instant of each started version of each schedule, in
// the interval asked for, and compares with the firings that were settled, the runs
// they made, the holds and the seals. It reads the ledger in pages, and keeps no more
// of it than the versions and one page of each list. Hosts may go on meanwhile: what
// they settle while it reads is not judged.
//
// What the retention has deleted is not checked. Nor is it called missing what may
// still be claimed: see Report.Pending.
func Verify(ctx context.Context, src Source, o Options) (Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Report{}, err
	}
	for range tries {
		v := &verifier{src: src, opts: o, report: newReport()}
		if err := v.run(ctx); err != nil {
			return Report{}, fmt.Errorf("verifying the ledger: %w", err)
		}
		kept, err := src.KeptSince(ctx)
		if err != nil {
			return Report{}, fmt.Errorf("verifying the ledger: %w", err)
		}
		if kept.Equal(v.kept) || !kept.After(v.floor) {
			v.report.OK = v.report.Found == 0
			return *v.report, nil
		}
	}
	return Report{}, ErrPruned
}

// verifier is one verification.
type verifier struct {
	src    Source
	opts   Options
	report *Report

	begun        time.Time // what was settled after it is not judged
	kept         time.Time
	settledUntil time.Time
	floor        time.Time // the first due time that is checked
	from, to     time.Time // what is owed: due in [from, to)
	versions     []store.Version
	holds        []store.Hold
	seals        *sealing
	rechecks     int // how many instants may still be looked at twice
}

func (v *verifier) run(ctx context.Context) error {
	if err := v.read(ctx); err != nil {
		return err
	}
	v.bound()
	if err := v.walk(ctx); err != nil {
		return err
	}
	if err := v.checkSeals(ctx); err != nil {
		return err
	}
	return v.checkUnsealed(ctx)
}

// read reads what the rest is compared with. How far all is settled comes first: what
// happens meanwhile is then later than what is compared.
func (v *verifier) read(ctx context.Context) (err error) {
	v.begun, v.rechecks = v.opts.Now(), v.opts.Limit
	if v.settledUntil, err = v.src.SettledUntil(ctx); err != nil {
		return err
	}
	if v.kept, err = v.src.KeptSince(ctx); err != nil {
		return err
	}
	v.floor = later(v.opts.From, v.kept)
	if v.versions, err = v.src.Versions(ctx, v.floor); err != nil {
		return err
	}
	if v.holds, err = v.src.Holds(ctx, v.floor); err != nil {
		return err
	}
	seals, err := v.src.Seals(ctx)
	v.seals = newSealing(seals, v.kept, v.opts)
	return err
}

// bound finds the interval in which instants are owed, and reports it.
func (v *verifier) bound() {
	v.to = v.settledUntil
	if !v.opts.To.IsZero() && v.opts.To.Before(v.to) {
		v.to = v.opts.To
	}
	v.from = later(v.floor, v.first())
	v.report.KeptSince, v.report.SettledUntil = utcOrNil(v.kept), utcOrNil(v.settledUntil)
	if v.from.Before(v.to) {
		v.report.From, v.report.To = utcOrNil(v.from), utcOrNil(v.to)
	}
}

// first is when the first version came into force.
func (v *verifier) first() time.Time {
	if len(v.versions) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(v.versions, func(a, b store.Version) int { return a.Since.Compare(b.Since) }).Since
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// file adds a finding to the report.
func (v *verifier) file(f Finding) { v.report.file(f, v.opts.Limit) }
