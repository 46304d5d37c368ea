package postgres

import (
	"encoding/json"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// stored is t as it comes back.
func stored(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// orNull is for times that may not have come.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func fromNull(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func scanTime(rows pgx.Rows) (at time.Time, err error) {
	err = rows.Scan(&at)
	return at.UTC(), err
}

// upper is the instant behind a range; the zero time is no bound. The zero time
// as the lower bound is before all others by itself.
func upper(to time.Time) time.Time {
	if to.IsZero() {
		return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return to
}

// after is the end of the longest wait from an instant on; zero: there is none.
func after(from time.Time, longest time.Duration) time.Time {
	if longest <= 0 {
		return time.Time{}
	}
	return from.Add(longest)
}

// micros is a duration in microseconds, at least one.
func micros(d time.Duration) int64 {
	return min(max(d.Microseconds(), 1), math.MaxInt64/2_000_000)
}

// textOrNull keeps JSON as text, and none as NULL.
func textOrNull(j json.RawMessage) *string {
	if j == nil {
		return nil
	}
	text := string(j)
	return &text
}

// column collects what is one column of many rows: slices are how they go to the
// server with one statement.
func column[T, U any](rows []T, of func(T) U) []U {
	all := make([]U, len(rows))
	for i, row := range rows {
		all[i] = of(row)
	}
	return all
}
