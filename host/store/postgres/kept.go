package postgres

import (
	"time"

	"butlerd/host/store"
)

// keptColumns are what is kept of a run's policy beside it.
const keptColumns = "overlap, on_lost, max_attempts, lost_wait, max_wait, follow"

func keptValues(k store.Kept) []any {
	return []any{string(k.Overlap), string(k.OnLost), int64(k.Attempts), k.LostWait.Microseconds(),
		k.MaxWait.Microseconds(), k.Follow}
}

// keptArrays are the columns of many rows.
func keptArrays(all []store.Kept) []any {
	return []any{
		column(all, func(k store.Kept) string { return string(k.Overlap) }),
		column(all, func(k store.Kept) string { return string(k.OnLost) }),
		column(all, func(k store.Kept) int64 { return int64(k.Attempts) }),
		column(all, func(k store.Kept) int64 { return k.LostWait.Microseconds() }),
		column(all, func(k store.Kept) int64 { return k.MaxWait.Microseconds() }),
		column(all, func(k store.Kept) bool { return k.Follow }),
	}
}

// keptRow receives keptColumns.
type keptRow struct {
	k                 store.Kept
	lostWait, maxWait int64
}

func (r *keptRow) targets() []any {
	return []any{(*string)(&r.k.Overlap), (*string)(&r.k.OnLost), &r.k.Attempts, &r.lostWait, &r.maxWait, &r.k.Follow}
}

func (r *keptRow) kept() store.Kept {
	k := r.k
	k.LostWait, k.MaxWait = time.Duration(r.lostWait)*time.Microsecond, time.Duration(r.maxWait)*time.Microsecond
	return k
}
