package simulate

import (
	"cmp"
	"slices"
	"time"

	"butlerd/host/schedule"
)

// Report is what an interval would be like. Waits and durations are in seconds.
type Report struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Zone string    `json:"timezone"` // of the hours
	// TruncatedAt is where the work was more than may be done; nil: all was played.
	TruncatedAt  *time.Time       `json:"truncated_at"`
	Totals       Totals           `json:"totals"`
	Schedules    []ScheduleReport `json:"schedules"`
	Plugins      []LaneReport     `json:"plugins"`
	Pools        []LaneReport     `json:"pools"`
	Hours        []HourReport     `json:"hours"` // of the week, from Monday
	Busiest      []HourReport     `json:"busiest"`
	Emptiest     []HourReport     `json:"emptiest"`
	Collisions   []Collision      `json:"collisions"`    // the most crowded instants
	ClockChanges []ClockChange    `json:"clock_changes"` // firings that a clock change shapes, the first 200
	// ClockChanged is how many there are of those.
	ClockChanged int64 `json:"clock_changed"`
}

// Totals are of all schedules.
type Totals struct {
	Outcomes
	PeakRunning int `json:"peak_running"`
	PeakWaiting int `json:"peak_waiting"`
}

// Outcomes count what became of firings.
type Outcomes struct {
	Firings   int64   `json:"firings"`
	Runs      int64   `json:"runs"` // that were started
	Skipped   int64   `json:"skipped_overlap"`
	QueueFull int64   `json:"skipped_queue_full"`
	Replaced  int64   `json:"replaced"`
	GivenUp   int64   `json:"waited_too_long"`
	Waited    int64   `json:"waited"` // runs that had to wait, and started
	MeanWait  float64 `json:"mean_wait_seconds"`
	MaxWait   float64 `json:"max_wait_seconds"`
}

// ScheduleReport is one schedule.
type ScheduleReport struct {
	ID     string  `json:"schedule_id"`
	Takes  float64 `json:"duration_seconds"` // of each run, as it was assumed
	Source Source  `json:"duration_from"`
	Outcomes
}

// LaneReport is a plugin or a pool.
type LaneReport struct {
	Name    string  `json:"name"`
	Slots   int     `json:"slots"` // 0: no limit
	Peak    int     `json:"peak"`
	Use     float64 `json:"use"`   // the mean share of the slots that is taken; without a limit, how many run in the mean
	Full    float64 `json:"full"`  // the share of the time in which all slots are taken
	Waits   int64   `json:"waits"` // runs that had to wait and need one of its slots
	GivenUp int64   `json:"waited_too_long"`
}

// HourReport is an hour of the week, over all weeks.
type HourReport struct {
	Weekday string  `json:"weekday"`
	Hour    int     `json:"hour"`
	Firings float64 `json:"firings"`      // in the mean
	Running float64 `json:"mean_running"` // runs at a time
	Peak    int     `json:"peak_running"`

	played bool // it is in the interval, which may be shorter than a week
}

// Collision is an instant at which several schedules fire.
type Collision struct {
	At      time.Time `json:"at"`
	Local   string    `json:"local"`
	Firings int       `json:"firings"`
}

// ClockChange is a firing that a clock change shapes.
type ClockChange struct {
	ScheduleID string    `json:"schedule_id"`
	Local      string    `json:"local"`
	UTC        time.Time `json:"utc"`
	Text       string    `json:"text"`
}

// local is an instant as the clock shows it in the zone of the report. A report that
// came over the API has the name of the zone only.
func (r *Report) local(t time.Time) time.Time {
	loc, err := schedule.LoadZone(r.Zone)
	if err != nil {
		return t.UTC()
	}
	return t.In(loc)
}

// listed is how many hours are named as the busiest and the emptiest.
const listed = 5

func (p *play) report() *Report {
	o := p.seen
	if p.truncated == 0 {
		o.advance(p.to)
	}
	r := &Report{
		From: p.in.From.UTC(), To: p.in.To.UTC(), Zone: o.zone.String(),
		Schedules: []ScheduleReport{}, Hours: o.hourReports(), ClockChanged: o.changed,
		Collisions: append([]Collision{}, o.crowded...), ClockChanges: append([]ClockChange{}, o.changes...),
	}
	if p.truncated != 0 {
		at := time.Unix(p.truncated, 0).UTC()
		r.TruncatedAt = &at
	}
	for _, s := range o.schedules {
		r.Schedules = append(r.Schedules, s.report())
	}
	slices.SortFunc(r.Schedules, func(a, b ScheduleReport) int { return cmp.Compare(a.ID, b.ID) })
	r.Totals = o.totals()
	r.Plugins, r.Pools = laneReports(o.plugins, o.played()), laneReports(o.pools, o.played())
	r.Busiest, r.Emptiest = extremes(r.Hours)
	return r
}

// played is how many seconds were played.
func (o *observer) played() int64 { return o.at - o.in.From.Unix() }

func (s *scheduleSeen) report() ScheduleReport {
	r := s.ScheduleReport
	r.Waited, r.MeanWait = s.waitedRuns, mean(s.waited, s.waitedRuns)
	return r
}

func (o *observer) totals() Totals {
	t := Totals{PeakRunning: o.peak, PeakWaiting: o.peakWait}
	waited := int64(0)
	for _, s := range o.schedules {
		t.Firings += s.Firings
		t.Runs += s.Runs
		t.Skipped += s.Skipped
		t.QueueFull += s.QueueFull
		t.Replaced += s.Replaced
		t.GivenUp += s.GivenUp
		t.Waited += s.waitedRuns
		t.MaxWait = max(t.MaxWait, s.MaxWait)
		waited += s.waited
	}
	t.MeanWait = mean(waited, t.Waited)
	return t
}

func mean(sum, n int64) float64 {
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

func laneReports(lanes []*laneSeen, played int64) []LaneReport {
	list := []LaneReport{}
	for _, l := range lanes {
		l.pass()
		r := l.LaneReport
		r.Use = mean(l.busy, played*int64(max(l.Slots, 1)))
		r.Full = mean(l.full, played)
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b LaneReport) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func (o *observer) hourReports() []HourReport {
	list := make([]HourReport, hoursOfWeek)
	for i, h := range o.hours {
		list[i] = HourReport{
			Weekday: time.Weekday((i/24 + 1) % 7).String(),
			Hour:    i % 24,
			Firings: mean(h.firings*3600, h.passed),
			Running: mean(h.busy, h.passed),
			Peak:    h.peak,
			played:  h.passed > 0,
		}
	}
	return list
}

// extremes are the hours with the most and with the least to do.
func extremes(hours []HourReport) (busiest, emptiest []HourReport) {
	byLoad := slices.DeleteFunc(slices.Clone(hours), func(h HourReport) bool { return !h.played })
	slices.SortStableFunc(byLoad, func(a, b HourReport) int {
		return cmp.Or(cmp.Compare(a.Running, b.Running), cmp.Compare(a.Firings, b.Firings), cmp.Compare(a.Peak, b.Peak))
	})
	n := min(listed, len(byLoad))
	emptiest = slices.Clone(byLoad[:n])
	slices.Reverse(byLoad)
	return byLoad[:n:n], emptiest
}
