package shadow

import (
	"fmt"
	"sort"
	"time"
)

// Bounds of the offsets that are tried when no time zone fits.
const (
	maxOffset     = 14 * time.Hour
	offsetStep    = 15 * time.Minute // those of time zones are multiples of it
	maxCandidates = 1000
	maxInstants   = 2000 // that are held against each
)

// otherOffset looks for one distance between all instants and starts.
func (e *explainer) otherOffset(s Schedule, r *ScheduleReport, pool []time.Time) string {
	since, until := intervals(e.in.Covered).bounds()
	instants := instantsOf(s.Spec, s.ID, since, until)
	instants = instants[:min(len(instants), maxInstants)]
	best, most := time.Duration(0), e.hits(instants, pool, 0)
	for _, by := range e.offsets(instants, pool) {
		hits := e.hits(instants, pool, by)
		if hits > most || hits == most && best != 0 && by.Abs() < best.Abs() {
			best, most = by, hits
		}
	}
	switch {
	case best == 0 || most*10 < len(instants)*8:
		return ""
	case best%offsetStep != 0:
		return fmt.Sprintf("the starts come %s: the clocks of Qlik Sense and of this host differ, or the minutes are wrong", apart(best))
	}
	return fmt.Sprintf("the starts come %s: the time zone %s or the hours are wrong", apart(best), s.Timing.Timezone)
}

// offsets are the distances that starts have from the first instants. One that is that
// of a time zone within the tolerance is taken for it.
func (e *explainer) offsets(instants []instant, pool []time.Time) (list []time.Duration) {
	const first = 5
	for _, n := range instants[:min(len(instants), first)] {
		for _, at := range pool {
			by := at.Sub(n.fireAt).Round(time.Second)
			if by.Abs() > maxOffset || len(list) >= maxCandidates {
				continue
			}
			if zone := by.Round(offsetStep); (by - zone).Abs() <= e.in.Tolerance {
				by = zone
			}
			list = append(list, by)
		}
	}
	return list
}

func (e *explainer) hits(instants []instant, pool []time.Time, by time.Duration) (n int) {
	for _, i := range instants {
		if around(pool, i.fireAt.Add(by), e.in.Tolerance) {
			n++
		}
	}
	return n
}

func apart(d time.Duration) string {
	if d < 0 {
		return fmt.Sprintf("%s earlier", -d)
	}
	return fmt.Sprintf("%s later", d)
}

// around says whether one of times, in order, is within the tolerance of at.
func around(times []time.Time, at time.Time, tolerance time.Duration) bool {
	i := sort.Search(len(times), func(i int) bool { return !times[i].Before(at.Add(-tolerance)) })
	return i < len(times) && !times[i].After(at.Add(tolerance))
}
