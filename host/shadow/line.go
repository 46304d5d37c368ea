package shadow

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// version is that of the journal's lines.
const version = 1

// line is one line of the journal: one of its members is set.
type line struct {
	Journal   *headLine `json:"journal,omitempty"` // the first line
	Execution *Start    `json:"execution,omitempty"`
	// Looked is a time of which all executions are in the lines before.
	Looked *Interval `json:"looked,omitempty"`
	Gap    *Gap      `json:"gap,omitempty"`
	Tasks  *taskLine `json:"tasks,omitempty"`
}

type headLine struct {
	Version int `json:"version"`
}

// taskLine says which tasks a selector finds.
type taskLine struct {
	Selector string   `json:"selector"`
	IDs      []string `json:"ids"`
}

// Gap is a time of which nothing is known, and why.
type Gap struct {
	Interval
	Why string `json:"why"`
}

// History is what a journal holds.
type History struct {
	Starts  map[string]Start // by id
	Covered []Interval       // in order
	Gaps    []Gap
	Tasks   map[string][]string // by selector
}

func newHistory() *History {
	return &History{Starts: map[string]Start{}, Tasks: map[string][]string{}}
}

// Since and Until bound what was observed; zero before the first look.
func (h *History) bounds() (since, until time.Time) { return intervals(h.Covered).bounds() }

// add adds a line.
func (h *History) add(l line) error {
	switch {
	case l.Journal != nil:
		if l.Journal.Version != version {
			return fmt.Errorf("its version is %d, this butlerd reads %d", l.Journal.Version, version)
		}
	case l.Execution != nil:
		h.start(*l.Execution)
	case l.Looked != nil:
		if l.Looked.To.Before(l.Looked.From) {
			return errors.New("a time ends before it begins")
		}
		h.Covered = intervals(h.Covered).add(*l.Looked)
	case l.Gap != nil:
		h.Gaps = append(h.Gaps, *l.Gap)
	case l.Tasks != nil:
		h.Tasks[l.Tasks.Selector] = l.Tasks.IDs
	default:
		return errors.New("it says nothing that is known")
	}
	return nil
}

// start adds an execution, or what is new of one. Its first attempt may have been told
// of before: that is when it started.
func (h *History) start(s Start) {
	if old, known := h.Starts[s.ID]; known && old.At.Before(s.At) {
		s.At = old.At
	}
	h.Starts[s.ID] = s
}

// lines are the history as lines of a journal, without what ended before a time.
func (h *History) lines(since time.Time) []line {
	list := []line{{Journal: &headLine{version}}}
	for _, name := range slices.Sorted(maps.Keys(h.Tasks)) {
		list = append(list, line{Tasks: &taskLine{name, h.Tasks[name]}})
	}
	for _, g := range h.Gaps {
		if g.To.After(since) {
			list = append(list, line{Gap: &g})
		}
	}
	for _, s := range h.sorted(func(s Start) bool { return !s.At.Before(since) }) {
		list = append(list, line{Execution: &s})
	}
	for _, i := range h.Covered {
		if i.To.Before(since) {
			continue
		}
		if i.From.Before(since) {
			i.From = since
		}
		list = append(list, line{Looked: &i})
	}
	return list
}

// sorted are the executions that are wanted, by their times.
func (h *History) sorted(wanted func(Start) bool) []Start {
	var list []Start
	for _, s := range h.Starts {
		if wanted(s) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Start) int { return a.At.Compare(b.At) })
	return list
}
