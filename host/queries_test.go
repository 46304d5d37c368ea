package host

import (
	"context"
	"errors"
	"testing"

	"butlerd/host/dispatch"
)

func TestQueriesAreBounded(t *testing.T) {
	t.Parallel()
	q := newQueries()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	enter := func(query string, n int) (leave func()) {
		t.Helper()
		for range n {
			var err error
			if leave, err = q.enter(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		return leave
	}
	busy := func(query string) {
		t.Helper()
		for range 10 { // a select chooses at random
			if leave, err := q.enter(over, query); !errors.Is(err, dispatch.ErrBusy) {
				leave()
				t.Fatalf("%s: got the error %v", query, err)
			}
		}
	}
	leaveDump := enter(dumpQuery, maxDumps)
	busy(dumpQuery)
	leave := enter("other", maxQueries-maxDumps)
	busy("other")
	leave()
	busy(dumpQuery)
	enter("other", 1)()
	leaveDump()
	enter(dumpQuery, 1)
	if len(q.all) != maxQueries-1 || len(q.dumps) != maxDumps {
		t.Errorf("%d queries and %d dumps are under way", len(q.all), len(q.dumps))
	}
}
