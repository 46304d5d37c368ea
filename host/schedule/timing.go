package schedule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// More is what says when to fire beside one cron line and a time zone.
type More struct {
	// Crons are further cron lines, 64 at most. An instant of several is one instant.
	Crons []string `json:"crons,omitempty"`
	// At are single instants, 1,000 at most: times on the wall in the schedule's time
	// zone, as "2026-12-24T18:00:00". One that a clock change skips is the first
	// instant after the gap; of one that comes twice the first counts.
	At []string `json:"at,omitempty"`
	// StartsAt and EndsAt bound the instants: none is before the one or after the
	// other, neither before nor after it moved. Nil: no bound.
	StartsAt *time.Time `json:"starts_at,omitempty"`
	EndsAt   *time.Time `json:"ends_at,omitempty"`
	// Jitter is how long after its instant a firing starts at most; whole seconds, 24
	// hours at most.
	// The delay follows from the schedule's id and the instant alone. A change of the
	// schedule during it settles the firing as skipped, as it was due and has not
	// started: the version that owed it is in force no more.
	Jitter time.Duration `json:"jitter,omitempty"`
	// Calendars, when there are any, must all have an instant; Exclude must not. They
	// are asked for what the clock on the wall shows at it.
	Calendars []Calendar `json:"calendars,omitempty"`
	Exclude   []Calendar `json:"exclude,omitempty"`
	// Shift says what becomes of an instant that the calendars do not allow; empty:
	// ShiftSkip.
	Shift Shift `json:"shift,omitempty"`
}

// Shift says what becomes of an instant that the calendars do not allow.
type Shift string

// The shifts. A moved instant keeps its time on the wall, which is the one that is
// meant where a clock change moved it; two that meet are one. None moves by more than
// 31 days, and cron lines that move fire at most 24 times a day.
const (
	ShiftSkip     Shift = "skip"     // it is none
	ShiftNext     Shift = "next"     // it moves to the next day that is allowed
	ShiftPrevious Shift = "previous" // it moves to the last day before that is allowed
)

// Calendar is a set of times, complete in itself: no file has to be read to ask
// it, so that the past can be recomputed. The days of Dates, Holidays, Spans and Include
// together are in it, or all days when there are none of these; Weekdays and Windows
// limit them, and what is in one of Exclude is not in it. A window over midnight
// belongs to the day on which it starts: Dates, Holidays and Weekdays are asked for
// that day, Spans, Include and Exclude for the time itself.
type Calendar struct {
	Name string `json:"name"`
	// Dates are days, "2026-12-24", days of every year, "12-24", or ranges of the
	// former, "2026-07-01..2026-07-31", both ends included.
	Dates []string `json:"dates,omitempty"`
	// Holidays are the countries whose public holidays are in it, as ISO 3166 codes;
	// see HolidayCountries. What is observed on another day is in it on both.
	Holidays []string `json:"holidays,omitempty"`
	// HolidayTable names the table that Holidays are looked up in: HolidayTable when it
	// was made. It is part of the key, as another table may have other days. Empty: there
	// are no Holidays, or it is not known.
	HolidayTable string `json:"holiday_table,omitempty"`
	// Spans are intervals [from, to) of an ICS file.
	Spans []Span `json:"spans,omitempty"`
	// Weekdays are "MON" to "SUN".
	Weekdays []string `json:"weekdays,omitempty"`
	// Windows are times of the day, "08:00-17:00", the end not included, which may be
	// 24:00. One whose end is not after its start goes on over midnight.
	Windows []string   `json:"windows,omitempty"`
	Include []Calendar `json:"include,omitempty"`
	Exclude []Calendar `json:"exclude,omitempty"`
}

// Span is an interval [From, To). Without Zone these are times on the wall, in
// whichever zone the schedule has: days that a calendar file names.
type Span struct {
	From string `json:"from"` // "2026-12-24T00:00:00", with Z in UTC
	To   string `json:"to"`
}

// Timing is all that says when a schedule fires. One with neither a cron line nor More
// has no instants: only other schedules start it, and callers.
type Timing struct {
	Cron     string `json:"cron"`
	Timezone string `json:"timezone"`
	More     *More  `json:"more,omitempty"`
}

// Never says that there are no instants, whatever the time zone.
func (t Timing) Never() bool { return t.Cron == "" && t.More == nil }

// Timing is when the schedule fires.
func (d Definition) Timing() Timing { return Timing{Cron: d.Cron, Timezone: d.Timezone, More: d.More} }

// Key names the instants of a timing within its time zone: the cron line when there
// is nothing else, and otherwise a digest of all there is. Timings with the same
// key and zone have the same instants.
func (t Timing) Key() string {
	if t.More == nil {
		return t.Cron
	}
	doc, err := json.Marshal(t)
	if err != nil {
		return t.Cron // cannot be: there is nothing in it that JSON does not take
	}
	sum := sha256.Sum256(doc)
	return "timing:" + hex.EncodeToString(sum[:])
}
