package schedule

import "time"

// Trace says why s has, or has not, an instant at a time, be it past or future, in
// whole seconds.
func (s *Spec) Trace(t time.Time) Trace {
	at := t.Unix()
	tr := Trace{
		At:       time.Unix(at, 0).UTC(),
		Local:    time.Unix(at, 0).In(s.loc).Format(time.RFC3339),
		Timezone: s.Zone(),
		Matches:  s.matches(at),
		Clock:    s.clock(at),
		Jitter:   int64(s.Jitter() / time.Second),
	}
	if s.more != nil {
		s.more.trace(&tr, at)
	}
	next, ok := s.next(at - 1)
	tr.Fires = ok && next == at
	if tr.Fires {
		return tr
	}
	if ok {
		tr.After = s.instant(next)
	}
	if before, ok := s.previous(at); ok {
		tr.Before = s.instant(before)
	}
	return tr
}

// For adds the delay of a schedule to the trace of an instant.
func (t Trace) For(scheduleID string) Trace {
	if t.Fires && t.Jitter > 0 {
		d := delay(scheduleID, t.At, seconds(t.Jitter))
		at := t.At
		if local, err := time.Parse(time.RFC3339, t.Local); err == nil {
			at = local
		}
		t.Delay = &Delay{Seconds: int64(d / time.Second), StartsAt: at.Add(d)}
	}
	return t
}

func (s *Spec) instant(at int64) *time.Time {
	t := time.Unix(at, 0).In(s.loc)
	return &t
}

// matches are the cron lines and single instants that an instant comes from.
func (s *Spec) matches(at int64) []Match {
	list := []Match{}
	for _, line := range s.lines() {
		if next, ok := line.next(at - 1); ok && next == at {
			list = append(list, Match{Cron: line.expr})
		}
	}
	if s.more == nil {
		return list
	}
	for _, one := range s.more.singles {
		if one.at == at {
			list = append(list, Match{At: one.text})
		}
	}
	return list
}

// trace adds what there is beside cron lines.
func (c *composite) trace(tr *Trace, at int64) {
	switch {
	case at < c.starts:
		tr.Bound = &Bound{"starts_at", *c.more.StartsAt}
	case at > c.ends:
		tr.Bound = &Bound{"ends_at", *c.more.EndsAt}
	}
	m := momentAt(c.loc, at)
	for _, a := range c.in {
		in, _ := a.has(m)
		tr.Calendars = append(tr.Calendars, Verdict{a.calendar.Name, false, in, in, a.why(m)})
	}
	for _, a := range c.out {
		in, _ := a.has(m)
		tr.Calendars = append(tr.Calendars, Verdict{a.calendar.Name, true, in, !in, a.why(m)})
	}
	if !c.moves || tr.Bound != nil {
		return
	}
	if allowed, _ := c.allows(at); !allowed {
		for _, wall := range c.walls(at) {
			tr.Moves = append(tr.Moves, c.move(at, wall))
		}
	}
	for _, o := range c.movedTo(at) {
		to := tr.At
		tr.Moves = append(tr.Moves, Move{From: time.Unix(o.at, 0).In(c.loc), To: &to})
	}
}

// move is where an instant of the lines moves.
func (c *composite) move(at, wall int64) Move {
	m := Move{From: time.Unix(at, 0).In(c.loc)}
	if to, _, ok := c.target(wall); ok && to >= c.starts && to <= c.ends {
		t := time.Unix(to, 0).In(c.loc)
		m.To = &t
	}
	return m
}

// previous finds the last instant before one, within the reach of Next. There is
// no way to step back, so it looks for the latest time that is followed by an
// earlier instant: in strides that double, and then by halves.
func (s *Spec) previous(at int64) (int64, bool) {
	earlier := func(from int64) bool {
		_, ok := s.between(from, at-1)
		return ok
	}
	no, yes := at-1, at-2 // from the former on nothing is earlier
	for stride := int64(2); !earlier(yes); stride *= 2 {
		if stride > s.reach()*blockLength || yes < minInstant {
			return 0, false
		}
		no, yes = yes, at-stride
	}
	for no-yes > 1 {
		if mid := yes + (no-yes)/2; earlier(mid) {
			yes = mid
		} else {
			no = mid
		}
	}
	return s.between(yes, at-1)
}

// reach is how many blocks Next looks ahead.
func (s *Spec) reach() int64 {
	if s.more != nil && s.more.moves {
		return reachMoved
	}
	return reachSkipped
}

// between finds the first instant after one, up to a last one. It looks no further.
func (s *Spec) between(after, last int64) (int64, bool) {
	if s.more != nil {
		return s.more.between(after, last)
	}
	at, ok := s.next(after)
	return at, ok && at <= last
}
