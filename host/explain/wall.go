package explain

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTime wraps what is wrong with a time that was asked for.
var ErrTime = errors.New("not a time")

// The words for a time.
const (
	Last = "last" // the latest instant that has come; the default
	Next = "next" // the first that is to come
)

// walls are the forms of a time on the wall.
var walls = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}

// parseTime reads an instant, or a time on the wall of a zone, with a note where a
// clock change makes that need one.
func parseTime(text string, zone *time.Location) (at time.Time, note string, err error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return checked(at, "")
	}
	for _, layout := range walls {
		if wall, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			at, note := onWall(wall, zone)
			return checked(at, note)
		}
	}
	return time.Time{}, "", fmt.Errorf("%w: write an instant such as 2026-12-24T17:00:00Z, a time in the schedule's zone such as %q, %q or %q", ErrTime, "2026-12-24 18:00", Last, Next)
}

func checked(at time.Time, note string) (time.Time, string, error) {
	if year := at.UTC().Year(); year < 1 || year > 9998 { // 9999 ends sooner in zones ahead of UTC, and has no 10000 in JSON
		return time.Time{}, "", fmt.Errorf("%w: the year must be 1 to 9998", ErrTime)
	}
	return at.UTC().Truncate(time.Second), note, nil
}

// onWall is the instant of a time on the wall, given as if it were UTC: the first of
// two, and the first after the gap of one that there is not.
func onWall(wall time.Time, zone *time.Location) (time.Time, string) {
	low, high := wall.Add(-26*time.Hour), wall.Add(26*time.Hour)
	first, second := wall.Add(-offset(low, zone)), wall.Add(-offset(high, zone))
	ok1, ok2 := reads(first, wall, zone), reads(second, wall, zone)
	text := wall.Format("2006-01-02 15:04:05")
	switch {
	case ok1 && ok2 && !first.Equal(second):
		return first, text + " comes twice, because the clock is set back: this is the first"
	case ok1:
		return first, ""
	case ok2:
		return second, ""
	}
	at := change(low, high, zone)
	return at, text + " does not exist, because the clock is set forward: this is the first instant after it"
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// reads says whether the wall shows a time at an instant.
func reads(at, wall time.Time, zone *time.Location) bool {
	return at.Add(offset(at, zone)).Equal(wall)
}

// change is the instant between two at which the clock changes.
func change(low, high time.Time, zone *time.Location) time.Time {
	before := offset(low, zone)
	for high.Sub(low) > time.Second {
		if middle := low.Add(high.Sub(low) / 2).Truncate(time.Second); offset(middle, zone) == before && middle.After(low) {
			low = middle
		} else if middle.After(low) {
			high = middle
		} else {
			break
		}
	}
	return high.Truncate(time.Second)
}
