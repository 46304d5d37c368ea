package schedule

import "time"

// never is further from any instant than a zone's offset can bridge.
const never = 1 << 60

// period is a stretch of time in which a zone's offset does not change.
type period struct {
	// start is the first instant and end the first after the last, in Unix
	// seconds; -never and never when there is none.
	start, end int64
	// offset is what the zone adds to UTC, in seconds, and before what it added
	// just before start.
	offset, before int64
}

// periodAt returns the period of the zone that the instant is in. It may start
// or end at the turn of a year without a change of offset.
func periodAt(loc *time.Location, instant int64) period {
	t := time.Unix(instant, 0).In(loc)
	start, end := t.ZoneBounds()
	p := period{start: -never, end: never, offset: offsetAt(loc, instant)}
	p.before = p.offset
	if !start.IsZero() {
		p.start = start.Unix()
		p.before = offsetAt(loc, p.start-1)
	}
	if !end.IsZero() {
		p.end = end.Unix()
	}
	if p.end <= instant {
		// On 31 December of a leap year ZoneBounds may answer with an end that is
		// in the past (golang/go#81583). It is the turn of the year.
		p.end = instant - floorMod(instant, day) + day
	}
	return p
}

// day is a day of UTC in seconds.
const day = 24 * 60 * 60

// offsetAt returns what the zone adds to UTC at an instant, in seconds.
func offsetAt(loc *time.Location, instant int64) int64 {
	_, offset := time.Unix(instant, 0).In(loc).Zone()
	return int64(offset)
}
