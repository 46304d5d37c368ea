package simulate

import (
	"container/heap"
	"context"
	"time"

	"butlerd/host/schedule"
)

// MaxTime bounds the work. A report that ends early for it says so.
const MaxTime = time.Minute

// maxWaiting is how many runs may wait at a time: of a plan with more, no pool can
// ever do the work.
const maxWaiting = 500_000

// Run plays an input. The error is ctx's.
func Run(ctx context.Context, in Input) (*Report, error) {
	bounded, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	p := newPlay(in)
	for step := 0; p.step(); step++ {
		if step%256 != 0 || bounded.Err() == nil {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.truncated = p.seen.at
		break
	}
	return p.report(), nil
}

// play is a simulation under way. All times are Unix seconds.
type play struct {
	in        Input
	to        int64
	max       int64
	schedules []*state
	lanes     map[string]*lane // by plugin
	pools     map[string]*lane
	firing    firings
	ends      ends
	waiting   []*waiter // in the order in which they are taken
	givesUp   int64     // when the first of them is given up; 0: none is
	seen      *observer
	firings   int64
	truncated int64 // the instant at which it was given up; 0: it was not
}

// state is a schedule being played.
type state struct {
	Schedule
	plugin, pool *lane // pool is nil without one
	running      int
	queued       int // runs that wait
	seen         *scheduleSeen
}

// lane is something with slots: a plugin or a pool.
type lane struct {
	name    string
	slots   int // 0: no limit
	maxWait int64
	running int
	seen    *laneSeen
}

func (l *lane) free() bool { return l == nil || l.slots == 0 || l.running < l.slots }

// waiter is a run that waits.
type waiter struct {
	s     *state
	due   int64
	until int64 // 0: for ever
}

func newPlay(in Input) *play {
	p := &play{in: in, to: in.To.Unix(), max: in.MaxFirings, lanes: map[string]*lane{}, pools: map[string]*lane{}, seen: newObserver(in)}
	if p.max <= 0 {
		p.max = DefaultMaxFirings
	}
	for _, s := range in.Schedules {
		st := &state{Schedule: s, plugin: p.plugin(s.Plugin), pool: p.pool(s.Pool), seen: p.seen.schedule(s)}
		p.schedules = append(p.schedules, st)
		p.enqueue(st, in.From.Unix())
	}
	return p
}

func (p *play) plugin(name string) *lane {
	l := p.lanes[name]
	if l == nil {
		l = &lane{name: name, slots: p.in.Slots[name]}
		l.seen = p.seen.lane("plugin", name, l.slots)
		p.lanes[name] = l
	}
	return l
}

func (p *play) pool(name string) *lane {
	def, known := p.in.Pools[name]
	if name == "" || !known {
		return nil
	}
	l := p.pools[name]
	if l == nil {
		l = &lane{name: name, slots: def.Slots, maxWait: int64(def.MaxWait / time.Second)}
		l.seen = p.seen.lane("pool", name, l.slots)
		p.pools[name] = l
	}
	return l
}

// enqueue puts the next instant of a schedule among those to come.
func (p *play) enqueue(s *state, after int64) {
	next := s.Spec.Next(time.Unix(after, 0))
	if next.IsZero() || next.Unix() > p.to {
		return
	}
	due := next.Unix()
	heap.Push(&p.firing, &firing{s: s, due: due, at: due + int64(s.Spec.Delay(s.ID, next)/time.Second)})
}

// step plays all that happens at the next instant. Ends come before firings, and
// what waits before what is new, as the ledger would have it.
func (p *play) step() bool {
	at, ok := p.next()
	if !ok || at > p.to {
		return false
	}
	p.seen.advance(at)
	freed := 0
	for ; len(p.ends) > 0 && p.ends[0].at == at; freed++ {
		p.end(heap.Pop(&p.ends).(end).s)
	}
	if p.givesUp == at {
		p.giveUp(at)
	}
	p.takeWaiting(at, freed)
	due := 0
	for len(p.firing) > 0 && p.firing[0].at == at {
		f := p.firing[0]
		p.fire(f.s, f.due, at)
		due++
		if p.firings++; p.firings >= p.max || len(p.waiting) > maxWaiting {
			p.truncated = at
			return false
		}
		p.again(f)
	}
	p.seen.collision(at, due)
	return true
}

// again moves a firing to the next instant of its schedule.
func (p *play) again(f *firing) {
	next := f.s.Spec.Next(time.Unix(f.due, 0))
	if next.IsZero() || next.Unix() > p.to {
		heap.Pop(&p.firing)
		return
	}
	f.due = next.Unix()
	f.at = max(f.due+int64(f.s.Spec.Delay(f.s.ID, next)/time.Second), f.at) // never before an earlier one
	heap.Fix(&p.firing, 0)
}

// next is when something happens next.
func (p *play) next() (at int64, ok bool) {
	if len(p.firing) > 0 {
		at, ok = p.firing[0].at, true
	}
	if len(p.ends) > 0 && (!ok || p.ends[0].at < at) {
		at, ok = p.ends[0].at, true
	}
	if p.givesUp != 0 && (!ok || p.givesUp < at) {
		at, ok = p.givesUp, true
	}
	return at, ok
}

// fire admits one firing, or says why not.
func (p *play) fire(s *state, due, at int64) {
	s.seen.firing(due)
	open := s.running + s.queued
	switch {
	case s.Overlap == schedule.OverlapSkip && open > 0:
		s.seen.Skipped++
		return
	case s.Overlap == schedule.OverlapQueue && open > 0 && s.queued >= max(s.Queue, 1):
		s.seen.QueueFull++
		return
	case s.Overlap == schedule.OverlapReplace && open > 0:
		p.replace(s)
	}
	if !p.start(s, at, 0) {
		p.wait(s, at)
	}
}

// replace ends what is open of a schedule.
func (p *play) replace(s *state) {
	kept := p.waiting[:0]
	for _, w := range p.waiting {
		if w.s == s {
			s.queued--
			s.seen.Replaced++
			continue
		}
		kept = append(kept, w)
	}
	p.keep(kept)
	for i := 0; i < len(p.ends); {
		if p.ends[i].s != s {
			i++
			continue
		}
		heap.Remove(&p.ends, i)
		p.end(s)
		s.seen.Replaced++
		i = 0
	}
}

// start starts a run if it may start now.
func (p *play) start(s *state, at, waited int64) bool {
	if s.Overlap.Exclusive() && s.running > 0 || !s.plugin.free() || !s.pool.free() {
		return false
	}
	s.running++
	p.occupy(s, 1)
	s.seen.started(waited)
	heap.Push(&p.ends, end{s: s, at: at + max(int64(s.Takes/time.Second), 1)})
	return true
}

func (p *play) occupy(s *state, n int) {
	s.plugin.running += n
	s.plugin.seen.running(s.plugin.running)
	if s.pool != nil {
		s.pool.running += n
		s.pool.seen.running(s.pool.running)
	}
	p.seen.running(n)
}

func (p *play) end(s *state) {
	s.running--
	p.occupy(s, -1)
}
