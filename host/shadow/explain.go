package shadow

import (
	"fmt"
	"slices"
	"time"

	"butlerd/host/schedule"
)

// explainer looks for what is wrong with schedules that were not followed: another
// time zone or other months, with which the starts would have been asked for.
type explainer struct {
	in    Input
	zones []string
	// free are the starts by task that no schedule asked for, and own those that
	// belong to a schedule.
	free map[string][]time.Time
	own  map[string][]time.Time
	all  map[string]int // starts by task
}

// commonZones are one for each way in which offsets change, more or less. They are
// tried in this order.
var commonZones = []string{
	"UTC", "Europe/London", "Europe/Stockholm", "Europe/Helsinki", "Europe/Istanbul", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata",
	"Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Brisbane", "Australia/Adelaide", "Australia/Sydney", "Pacific/Auckland",
	"Atlantic/Azores", "America/Sao_Paulo", "America/Santiago", "America/Halifax", "America/New_York", "America/Bogota", "America/Chicago",
	"America/Mexico_City", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
}

func newExplainer(in Input, found []Finding, zones []string) *explainer {
	e := &explainer{in: in, free: map[string][]time.Time{}, own: map[string][]time.Time{}, all: map[string]int{}}
	for _, s := range in.Schedules {
		zones = append(zones, s.Timing.Timezone)
	}
	for _, zone := range append(zones, commonZones...) {
		if !slices.Contains(e.zones, zone) {
			e.zones = append(e.zones, zone)
		}
	}
	for _, f := range found {
		switch f.State {
		case Extra:
			e.free[f.TaskID] = append(e.free[f.TaskID], *f.StartedAt)
		case Matched:
			e.own[f.ScheduleID] = append(e.own[f.ScheduleID], *f.StartedAt)
		}
	}
	for _, s := range in.Starts {
		e.all[s.TaskID]++
	}
	return e
}

// explain is the likely reason why a schedule was not followed; empty: there is none
// to be told, or it was followed.
func (e *explainer) explain(s Schedule, r *ScheduleReport) string {
	free, started := 0, 0
	for _, task := range s.Tasks {
		free, started = free+len(e.free[task]), started+e.all[task]
	}
	switch {
	case r.Missing == 0 && (free == 0 || r.Matched > 0):
		return ""
	case r.Missing > 0 && started == 0:
		return "Qlik Sense started none of its tasks in this time: it may be stopped where it runs now, or fire there in other months or on other days"
	case free == 0:
		return ""
	}
	pool := e.pool(s)
	if why := e.otherMonths(s, r, pool); why != "" {
		return why
	}
	if why := e.otherZone(s, r, pool); why != "" {
		return why
	}
	return e.otherOffset(s, r, pool)
}

// pool are the starts that may be the schedule's: its own and those of nobody.
func (e *explainer) pool(s Schedule) []time.Time {
	pool := slices.Clone(e.own[s.ID])
	for _, task := range s.Tasks {
		pool = append(pool, e.free[task]...)
	}
	slices.SortFunc(pool, time.Time.Compare)
	return pool
}

// better says whether another timing explains the starts: nearly all of its instants
// have one, and more than with the timing that is declared.
func (e *explainer) better(id string, t schedule.Timing, r *ScheduleReport, pool []time.Time) (hits int, ok bool) {
	spec, err := schedule.Compile(t)
	if err != nil {
		return 0, false
	}
	since, until := intervals(e.in.Covered).bounds()
	due := 0
	for _, n := range instantsOf(spec, id, since, until) {
		if !intervals(e.in.Covered).holds(n.fireAt.Add(-e.in.Tolerance), n.fireAt.Add(e.in.Tolerance)) {
			continue
		}
		due++
		if around(pool, n.fireAt, e.in.Tolerance) {
			hits++
		}
	}
	return hits, hits > r.Matched && hits*10 >= due*8
}

func (e *explainer) otherMonths(s Schedule, r *ScheduleReport, pool []time.Time) string {
	for _, by := range []int{1, -1} {
		t := s.Timing
		if t.Cron = shiftMonths(t.Cron, by); t.Cron == shiftMonths(s.Timing.Cron, 0) {
			continue
		}
		if _, ok := e.better(s.ID, t, r, pool); ok {
			return fmt.Sprintf("the starts fit the cron line %q: the month numbers are off by one (Butler counts months from 0, butlerd from 1)", t.Cron)
		}
	}
	return ""
}

func (e *explainer) otherZone(s Schedule, r *ScheduleReport, pool []time.Time) string {
	best, most := "", 0
	for _, zone := range e.zones {
		t := s.Timing
		t.Timezone = zone
		if hits, ok := e.better(s.ID, t, r, pool); ok && hits > most {
			best, most = zone, hits
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("the time zone %s is probably wrong: the starts fit %s%s", s.Timing.Timezone, best, e.offsetIn(best))
}

func (e *explainer) offsetIn(zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return ""
	}
	_, until := intervals(e.in.Covered).bounds()
	return until.In(loc).Format(" (UTC-07:00 in this time)")
}
