package simulate

// firing is the next instant of a schedule: due, and handed out at.
type firing struct {
	s       *state
	due, at int64
}

// firings is a heap by instant, then by id, so that a report is always the same.
type firings []*firing

func (h firings) Len() int { return len(h) }
func (h firings) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].s.ID < h[j].s.ID
}
func (h firings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *firings) Push(x any) { *h = append(*h, x.(*firing)) }

// Pop implements heap.Interface.
func (h *firings) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// end is the end of a run.
type end struct {
	s  *state
	at int64
}

// ends is a heap by instant.
type ends []end

func (h ends) Len() int           { return len(h) }
func (h ends) Less(i, j int) bool { return h[i].at < h[j].at }
func (h ends) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *ends) Push(x any) { *h = append(*h, x.(end)) }

// Pop implements heap.Interface.
func (h *ends) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
