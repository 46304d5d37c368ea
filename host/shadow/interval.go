package shadow

import (
	"slices"
	"time"
)

// Interval is a time from From up to, not including, To.
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// intervals are disjoint and in order.
type intervals []Interval

// add adds one, and joins what touches.
func (list intervals) add(i Interval) intervals {
	all := append(slices.Clone(list), i)
	slices.SortFunc(all, func(a, b Interval) int { return a.From.Compare(b.From) })
	joined := all[:1]
	for _, next := range all[1:] {
		last := &joined[len(joined)-1]
		switch {
		case next.From.After(last.To):
			joined = append(joined, next)
		case next.To.After(last.To):
			last.To = next.To
		}
	}
	return joined
}

// holds says whether [from, to] lies in one of them.
func (list intervals) holds(from, to time.Time) bool {
	// The last that begins at from or before.
	n, _ := slices.BinarySearchFunc(list, from, func(i Interval, at time.Time) int {
		if i.From.After(at) {
			return 1
		}
		return -1
	})
	return n > 0 && !list[n-1].To.Before(to)
}

// from and to bound all of them; zero when there are none.
func (list intervals) bounds() (from, to time.Time) {
	if len(list) == 0 {
		return from, to
	}
	return list[0].From, list[len(list)-1].To
}
