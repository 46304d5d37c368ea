package store

import (
	"fmt"
	"slices"

	"butlerd/host/run"
)

// DefaultPage is how many runs a query returns that says nothing else.
const DefaultPage = 50

// PageSize checks the limit of a query, for engines; zero is the default.
func PageSize(limit, byDefault int) (int, error) {
	if limit == 0 {
		return byDefault, nil
	}
	if limit < 0 || limit > MaxPage {
		return 0, fmt.Errorf("limit %d: it must be 1 to %d", limit, MaxPage)
	}
	return limit, nil
}

// NewRunPage makes a page of the runs that a query found, of which it asked for one
// more than the limit, to know whether there are more.
func NewRunPage(found []run.Run, limit int) RunPage {
	if len(found) <= limit {
		return RunPage{Runs: found}
	}
	last := found[limit-1]
	return RunPage{Runs: found[:limit], Next: RunCursor{CreatedAt: last.CreatedAt, ID: last.ID}}
}

// Wanted returns each state that a query asks for once: a list that is merged from
// one of each state would have the runs of a state twice.
func (q RunQuery) Wanted() []run.State {
	if len(q.States) == 0 {
		return run.States()
	}
	var once []run.State
	for _, s := range run.States() {
		if slices.Contains(q.States, s) {
			once = append(once, s)
		}
	}
	return once
}
