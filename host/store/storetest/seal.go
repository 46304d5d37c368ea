package storetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"butlerd/host/store"
)

func sealCases() []Case {
	return []Case{
		{Name: "seals make a chain", Reopens: true, test: sealsChain},
		{Name: "a seal that does not fit is refused", test: sealsAreRefused},
		{Name: "one of many seals of a day at a time is kept", test: sealsOnce},
	}
}

// seal is the seal of a day of March.
func seal(day int, count int64, previous string) store.Seal {
	return store.Seal{
		Day: time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC), Count: count, Hash: strings.Repeat(fmt.Sprintf("%02x", day), 32),
		Previous: previous, SealedAt: minute(day),
	}
}

func (f *fixture) seal(s store.Seal) {
	f.Helper()
	f.check("sealing", f.audit().Seal(f.ctx, s))
}

func (f *fixture) seals() []store.Seal {
	f.Helper()
	all, err := f.audit().Seals(f.ctx)
	f.check("listing seals", err)
	return all
}

func sealsChain(f *fixture) {
	equal(f, "how many there are at first", len(f.seals()), 0)
	one := seal(1, 5, "")
	three := seal(3, 0, one.Hash)
	f.seal(one)
	f.seal(three)
	f.reopen()
	equal(f, "the seals", f.seals(), []store.Seal{one, three})
	f.seal(seal(4, 1, three.Hash))
}

func sealsAreRefused(f *fixture) {
	one := seal(2, 5, "")
	f.seal(one)
	for name, err := range map[string]error{
		"of a day that has one":   f.audit().Seal(f.ctx, seal(2, 5, one.Hash)),
		"of that day, as before":  f.audit().Seal(f.ctx, one),
		"after nothing":           f.audit().Seal(f.ctx, seal(3, 1, "")),
		"after another":           f.audit().Seal(f.ctx, seal(3, 1, seal(9, 0, "").Hash)),
		"of a day before another": f.audit().Seal(f.ctx, seal(1, 1, one.Hash)),
	} {
		want := store.ErrStale
		if strings.Contains(name, "that") {
			want = store.ErrExists
		}
		if !errors.Is(err, want) {
			f.Errorf("a seal %s: got the error %v, want %v", name, err, want)
		}
	}
	noon, short := seal(3, 1, one.Hash), seal(3, 1, one.Hash)
	noon.Day, short.Hash = noon.Day.Add(12*time.Hour), "ab"
	if f.audit().Seal(f.ctx, noon) == nil || f.audit().Seal(f.ctx, short) == nil {
		f.Error("a seal that is malformed is accepted")
	}
	equal(f, "the seals", f.seals(), []store.Seal{one})
}

func sealsOnce(f *fixture) {
	errs := make([]error, 8)
	together(len(errs), func(i int) { errs[i] = f.audit().Seal(f.ctx, seal(1, int64(i), "")) })
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if !errors.Is(err, store.ErrExists) {
			f.Errorf("got the error %v", err)
		}
	}
	equal(f, "how many were kept", []int{done, len(f.seals())}, []int{1, 1})
}
