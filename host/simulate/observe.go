package simulate

import (
	"cmp"
	"slices"
	"time"
)

const hoursOfWeek = 7 * 24

// observer sums up what is played.
type observer struct {
	in        Input
	zone      *time.Location
	at        int64 // until when it has summed up
	now       int   // runs that are executed
	peak      int
	peakWait  int
	hours     [hoursOfWeek]hourSeen
	hour      int   // of the week, of the hour below
	hourEnds  int64 // when the hour ends that at is in
	schedules []*scheduleSeen
	plugins   []*laneSeen
	pools     []*laneSeen
	crowded   []Collision // the most crowded instants so far
	changes   []ClockChange
	changed   int64
}

// hourSeen is one hour of the week, over all weeks.
type hourSeen struct {
	firings int64
	busy    int64 // seconds, times runs
	passed  int64 // seconds
	peak    int
}

// scheduleSeen is what became of a schedule's firings.
type scheduleSeen struct {
	ScheduleReport
	o          *observer
	spec       interface{ Mark(time.Time) string }
	zone       *time.Location
	calm       [2]int64 // no clock change is near an instant between these
	waitedRuns int64
	waited     int64
}

// laneSeen is how busy a plugin or a pool was.
type laneSeen struct {
	LaneReport
	now  int
	at   int64
	full int64 // seconds with all slots taken
	busy int64 // seconds, times slots taken
	o    *observer
}

func newObserver(in Input) *observer {
	o := &observer{in: in, zone: in.Zone, at: in.From.Unix()}
	if o.zone == nil {
		o.zone = time.UTC
	}
	o.enterHour()
	return o
}

// enterHour finds the hour of the week that at is in.
func (o *observer) enterHour() {
	t := time.Unix(o.at, 0).In(o.zone)
	monday := (int(t.Weekday()) + 6) % 7
	o.hour = monday*24 + t.Hour()
	o.hourEnds = o.at + int64(3600-t.Minute()*60-t.Second())
	o.hours[o.hour].peak = max(o.hours[o.hour].peak, o.now)
}

// advance lets time pass until at.
func (o *observer) advance(at int64) {
	for o.at < at {
		until := min(at, o.hourEnds)
		h := &o.hours[o.hour]
		h.busy += int64(o.now) * (until - o.at)
		h.passed += until - o.at
		if o.at = until; o.at == o.hourEnds {
			o.enterHour()
		}
	}
}

func (o *observer) running(n int) {
	o.now += n
	o.peak = max(o.peak, o.now)
	o.hours[o.hour].peak = max(o.hours[o.hour].peak, o.now)
}

func (o *observer) waiting(s *state, all int) {
	o.peakWait = max(o.peakWait, all)
	for _, l := range []*lane{s.plugin, s.pool} {
		if l != nil {
			l.seen.Waits++
		}
	}
}

func (o *observer) schedule(s Schedule) *scheduleSeen {
	seen := &scheduleSeen{o: o, spec: s.Spec, zone: s.Spec.Location()}
	seen.ID, seen.Takes, seen.Source = s.ID, s.Takes.Seconds(), s.Source
	o.schedules = append(o.schedules, seen)
	return seen
}

func (o *observer) lane(kind, name string, slots int) *laneSeen {
	l := &laneSeen{LaneReport: LaneReport{Name: name, Slots: slots}, o: o, at: o.at}
	if kind == "pool" {
		o.pools = append(o.pools, l)
	} else {
		o.plugins = append(o.plugins, l)
	}
	return l
}

// running says that so many slots are taken now.
func (l *laneSeen) running(n int) {
	l.pass()
	l.now = n
	l.Peak = max(l.Peak, n)
}

// pass counts the time since it was looked at last.
func (l *laneSeen) pass() {
	passed := l.o.at - l.at
	l.busy += passed * int64(l.now)
	if l.Slots > 0 && l.now >= l.Slots {
		l.full += passed
	}
	l.at = l.o.at
}

// maxChanges is how many firings that a clock change shapes are listed.
const maxChanges = 200

// near is how far a clock change is from the instants that it may shape.
const near = 6 * 3600

// firing counts one firing, and looks whether a clock change shapes it.
func (s *scheduleSeen) firing(due int64) {
	s.Firings++
	s.o.hours[s.o.hour].firings++
	if due > s.calm[0] && due < s.calm[1] {
		return
	}
	at := time.Unix(due, 0).In(s.zone)
	start, end := at.ZoneBounds()
	s.calm = [2]int64{0, 1 << 62}
	if !start.IsZero() {
		s.calm[0] = start.Unix() + near
	}
	if !end.IsZero() {
		s.calm[1] = end.Unix() - near
	}
	text := s.spec.Mark(at)
	if text == "" {
		return
	}
	if s.o.changed++; len(s.o.changes) < maxChanges {
		s.o.changes = append(s.o.changes, ClockChange{ScheduleID: s.ID, Local: at.Format(time.RFC3339), UTC: at.UTC(), Text: text})
	}
}

func (s *scheduleSeen) started(waited int64) {
	s.Runs++
	if waited > 0 {
		s.waitedRuns++
		s.waited += waited
		s.MaxWait = max(s.MaxWait, float64(waited))
	}
}

// maxCollisions is how many instants are listed at which several schedules fire.
const maxCollisions = 20

// collision looks whether many fire at an instant.
func (o *observer) collision(at int64, firings int) {
	if firings < 2 || len(o.crowded) == maxCollisions && firings <= o.crowded[maxCollisions-1].Firings {
		return
	}
	c := Collision{At: time.Unix(at, 0).UTC(), Local: time.Unix(at, 0).In(o.zone).Format(time.RFC3339), Firings: firings}
	i, _ := slices.BinarySearchFunc(o.crowded, c, func(a, b Collision) int {
		return cmp.Or(cmp.Compare(b.Firings, a.Firings), -1) // behind its equals: the first one stays first
	})
	o.crowded = slices.Insert(o.crowded, i, c)
	o.crowded = o.crowded[:min(len(o.crowded), maxCollisions)]
}
