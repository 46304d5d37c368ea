package host

import (
	"context"

	"butlerd/host/dispatch"
)

// How many queries are under way at a time: each holds a connection to whoever answers,
// and up to some megabytes of answer. A dump of an app opens the app besides.
const (
	maxQueries = 16
	maxDumps   = 4
)

// dumpQuery is the query of which there are at most maxDumps.
const dumpQuery = "qlik-sense-app-dump"

// queries are the places of those under way.
type queries struct{ all, dumps chan struct{} }

func newQueries() *queries {
	return &queries{all: make(chan struct{}, maxQueries), dumps: make(chan struct{}, maxDumps)}
}

// enter waits for a place until ctx is done; the error is dispatch.ErrBusy then. leave
// gives it back. A dump that waits for others keeps no other query from its place.
func (q *queries) enter(ctx context.Context, query string) (leave func(), err error) {
	places := []chan struct{}{q.all}
	if query == dumpQuery {
		places = []chan struct{}{q.dumps, q.all}
	}
	taken := 0
	leave = func() {
		for _, place := range places[:taken] {
			<-place
		}
	}
	for _, place := range places {
		select {
		case place <- struct{}{}:
			taken++
		case <-ctx.Done():
			leave()
			return nil, dispatch.ErrBusy
		}
	}
	return leave, nil
}
