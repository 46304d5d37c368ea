package simulate

import (
	"slices"
	"sort"
)

// wait puts a run behind those that are taken before it.
func (p *play) wait(s *state, at int64) {
	w := &waiter{s: s, due: at}
	if s.pool != nil && s.pool.maxWait > 0 {
		w.until = at + s.pool.maxWait
	}
	i := sort.Search(len(p.waiting), func(i int) bool { return w.before(p.waiting[i]) })
	p.waiting = append(p.waiting, nil)
	copy(p.waiting[i+1:], p.waiting[i:])
	p.waiting[i] = w
	if w.until != 0 && (p.givesUp == 0 || w.until < p.givesUp) {
		p.givesUp = w.until
	}
	s.queued++
	p.seen.waiting(s, len(p.waiting))
}

// before says whether a run is taken before another one.
func (w *waiter) before(o *waiter) bool {
	if w.s.Priority != o.s.Priority {
		return w.s.Priority > o.s.Priority
	}
	return w.due < o.due
}

// keep leaves those runs waiting.
func (p *play) keep(kept []*waiter) {
	clear(p.waiting[len(kept):])
	p.waiting, p.givesUp = kept, 0
	for _, w := range kept {
		if w.until != 0 && (p.givesUp == 0 || w.until < p.givesUp) {
			p.givesUp = w.until
		}
	}
}

// takeWaiting starts the runs that may start now that so many have ended. Each end
// makes room in a plugin and in a pool, which may be for two runs.
func (p *play) takeWaiting(at int64, freed int) {
	taken := 0
	for i := 0; i < len(p.waiting) && taken < 2*freed; i++ {
		w := p.waiting[i]
		if !p.start(w.s, at, at-w.due) {
			continue
		}
		w.s.queued--
		p.waiting[i] = nil
		taken++
	}
	if taken > 0 {
		p.keep(slices.DeleteFunc(p.waiting, func(w *waiter) bool { return w == nil }))
	}
}

// giveUp ends the runs that have waited as long as their pool allows.
func (p *play) giveUp(at int64) {
	kept := p.waiting[:0]
	for _, w := range p.waiting {
		if w.until == 0 || w.until > at {
			kept = append(kept, w)
			continue
		}
		w.s.queued--
		w.s.seen.GivenUp++
		w.s.pool.seen.GivenUp++
	}
	p.keep(kept)
}
