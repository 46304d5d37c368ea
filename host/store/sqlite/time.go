package sqlite

import (
	"database/sql"
	"math"
	"time"
)

// micros is how a time is stored. The zero time has a number of its own and
// comes back as zero.
func micros(t time.Time) int64 { return t.UnixMicro() }

// microsOrNull is for times that may not have come.
func microsOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func fromMicros(m int64) time.Time { return time.UnixMicro(m).UTC() }

func fromNullMicros(m sql.NullInt64) time.Time {
	if !m.Valid {
		return time.Time{}
	}
	return fromMicros(m.Int64)
}

// fromDuration is a duration as it comes back.
func fromDuration(m int64) time.Duration { return time.Duration(m) * time.Microsecond }

// stored is t as it comes back.
func stored(t time.Time) time.Time { return fromMicros(micros(t)) }

// lower is the first instant of a range; the zero time is no bound.
func lower(from time.Time) int64 {
	if from.IsZero() {
		return math.MinInt64
	}
	return micros(from)
}

// upper is the instant behind a range; the zero time is no bound.
func upper(to time.Time) int64 {
	if to.IsZero() {
		return math.MaxInt64
	}
	return micros(to)
}
