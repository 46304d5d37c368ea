package sqlite

import (
	"database/sql"
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

// stored is t as it comes back.
func stored(t time.Time) time.Time { return fromMicros(micros(t)) }
