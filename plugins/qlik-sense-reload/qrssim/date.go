package qrssim

import "time"

// date is a time as QRS writes it: UTC with milliseconds. The zero value is no
// date.
type date time.Time

// MarshalText writes the date, and JSON through it.
func (d date) MarshalText() ([]byte, error) {
	return []byte(d.Instant().Format("2006-01-02T15:04:05.000Z")), nil
}

// Instant makes dates comparable in filters; no date is before all others. It has
// milliseconds, so that a filter with a date that was read finds its row again.
func (d date) Instant() time.Time {
	if time.Time(d).IsZero() {
		return time.Date(1753, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time(d).UTC().Truncate(time.Millisecond)
}
