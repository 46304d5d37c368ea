package shadow

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// pairing finds which start of a task belongs to which instant.
type pairing struct {
	in       Input
	task     string
	instants []instant // in the order of fireAt
	starts   []Start   // in the order of their times
	startOf  []int     // by instant; none: it has none
	taken    []bool    // by start
}

const none = -1

func newPairing(in Input, task string, instants []instant, starts []Start) *pairing {
	p := &pairing{in: in, task: task, instants: instants, starts: starts,
		startOf: slices.Repeat([]int{none}, len(instants)), taken: make([]bool, len(starts))}
	p.near()
	p.rest()
	return p
}

// group is a run of instants that fire at the same time: [from, to).
type group struct {
	from, to int
	at       time.Time
}

func (p *pairing) groups() (list []group) {
	for i, n := range p.instants {
		if i == 0 || !n.fireAt.Equal(p.instants[i-1].fireAt) {
			list = append(list, group{from: i, at: n.fireAt})
		}
		list[len(list)-1].to = i + 1
	}
	return list
}

// near gives each instant the start around which it lies.
func (p *pairing) near() {
	groups := p.groups()
	for i, g := range groups {
		early, late := p.in.Tolerance, p.in.Tolerance
		if i > 0 {
			early = min(early, g.at.Sub(groups[i-1].at)/4)
		}
		if i < len(groups)-1 {
			late = min(late, groups[i+1].at.Sub(g.at)*3/4)
		}
		p.take(g, early, late)
	}
}

// take gives the instants of a group the nearest starts that are free.
func (p *pairing) take(g group, early, late time.Duration) {
	for i := g.from; i < g.to; i++ {
		p.give(i, early, late)
	}
}

// give gives an instant the nearest free start that is so early or late at most.
func (p *pairing) give(i int, early, late time.Duration) {
	at := p.instants[i].fireAt
	best := none
	first := sort.Search(len(p.starts), func(k int) bool { return !p.starts[k].At.Before(at.Add(-early)) })
	for k := first; k < len(p.starts) && !p.starts[k].At.After(at.Add(late)); k++ {
		if !p.taken[k] && (best == none || p.starts[k].At.Sub(at).Abs() < p.starts[best].At.Sub(at).Abs()) {
			best = k
		}
	}
	if best != none {
		p.startOf[i], p.taken[best] = best, true
	}
}

// rest gives what is left over to instants that have nothing. Those that fire with
// another one that has a start are for the same execution.
func (p *pairing) rest() {
	for _, g := range p.groups() {
		if p.startOf[g.from] == none {
			p.give(g.from, p.in.Tolerance, p.in.Tolerance)
		}
	}
}

func (p *pairing) findings() []Finding {
	list := make([]Finding, 0, len(p.instants))
	for i := range p.instants {
		list = append(list, p.finding(i))
	}
	for k, s := range p.starts {
		if !p.taken[k] && p.seen(s.At, 0) {
			list = append(list, Finding{State: Extra, TaskID: p.task, TaskName: s.TaskName, StartedAt: &s.At, ExecutionID: s.ID})
		}
	}
	return list
}

// finding tells what became of an instant.
func (p *pairing) finding(i int) Finding {
	n := p.instants[i]
	f := Finding{ScheduleID: n.schedule, TaskID: p.task, DueAt: &n.due, fireAt: n.fireAt}
	if k := p.startOf[i]; k != none {
		f.State, f.lag = Matched, p.starts[k].At.Sub(n.fireAt)
		seconds := f.lag.Seconds()
		f.LagSeconds = &seconds
		f.of(p.starts[k])
		return f
	}
	if k := p.twin(i); k != none {
		f.State, f.Note = Merged, fmt.Sprintf("the start for schedule %q was for this one too", p.instants[k].schedule)
		f.of(p.starts[p.startOf[k]])
		return f
	}
	if k := p.executing(n.fireAt); k != none {
		f.State, f.Note = Merged, "the task was still executing when it was due"
		f.of(p.starts[k])
		return f
	}
	f.State = p.fate(n.fireAt)
	return f
}

func (f *Finding) of(s Start) { f.StartedAt, f.ExecutionID, f.TaskName = &s.At, s.ID, s.TaskName }

// twin is an instant of the same time that has a start.
func (p *pairing) twin(i int) int {
	at := p.instants[i].fireAt
	for k := i - 1; k >= 0 && p.instants[k].fireAt.Equal(at); k-- {
		if p.startOf[k] != none {
			return k
		}
	}
	return none
}

// executing is the start whose execution went on at a time. When its end is not
// known although another one followed, it is not held to have.
func (p *pairing) executing(at time.Time) int {
	k := sort.Search(len(p.starts), func(k int) bool { return p.starts[k].At.After(at) }) - 1
	if k < 0 {
		return none
	}
	end := p.starts[k].EndedAt
	if end == nil && k < len(p.starts)-1 || end != nil && !end.After(at) {
		return none
	}
	return k
}

// fate is what is to be said of an instant without a start.
func (p *pairing) fate(at time.Time) State {
	_, end := intervals(p.in.Covered).bounds()
	switch {
	case p.seen(at, p.in.Tolerance):
		return Missing
	case at.Add(p.in.Tolerance).After(end):
		return Pending
	}
	return Unseen
}

// seen says whether all starts around a time are known.
func (p *pairing) seen(at time.Time, around time.Duration) bool {
	return intervals(p.in.Covered).holds(at.Add(-around), at.Add(around))
}
