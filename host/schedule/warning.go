package schedule

import (
	"fmt"
	"slices"
	"time"
)

// foresight is how far ahead Warnings looks for clock changes: far enough that
// both of a year are seen.
const foresight = 366 * day

// Warnings lists, a sentence each, what is legal but may surprise: a step that
// leaves one value only, and times of day that the zone's clock skips or repeats
// within the coming year.
func (s *Spec) Warnings() []string {
	if s.more != nil {
		return s.more.warnings(s)
	}
	list := slices.Clone(s.warnings)
	if !s.limited {
		return list
	}
	now := time.Now().Unix()
	for p := periodAt(s.loc, now); p.end < now+foresight; {
		p = periodAt(s.loc, p.end)
		if text, ok := s.shifted(p); ok && p.start > now {
			list = append(list, text)
		}
	}
	return list
}

// shifted says what the clock change at the start of p does to s.
func (s *Spec) shifted(p period) (string, bool) {
	lo, hi := p.start+min(p.before, p.offset), p.start+max(p.before, p.offset)
	wall := s.nextWall(lo - 1)
	if wall >= hi {
		return "", false
	}
	local := time.Unix(wall, 0).UTC()
	date, from := local.Format(time.DateOnly), clock(int(floorMod(wall, day)))
	if p.offset > p.before {
		return fmt.Sprintf("%s does not exist on %s in %s: it fires once, at %s, the first time after the gap",
			from, date, s.Zone(), clock(int(floorMod(hi, day)))), true
	}
	return fmt.Sprintf("%s comes twice on %s in %s: it fires the first time only", from, date, s.Zone()), true
}
