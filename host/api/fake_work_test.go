package api

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/run"
)

// fakeWork answers queries with texts, and lets runs end as it is told to.
type fakeWork struct {
	answers map[string]string // by query
	failing error             // of queries
	// perform says what becomes of a run; nil: it succeeds.
	perform func(ctx context.Context, a dispatch.Ask) (dispatch.Performed, error)

	mu      sync.Mutex
	queries []string // name and arguments
	asked   []dispatch.Ask
}

// Query implements Work.
func (w *fakeWork) Query(_ context.Context, action string, arguments []byte) (json.RawMessage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queries = append(w.queries, action+" "+string(arguments))
	return json.RawMessage(w.answers[action]), w.failing
}

// Perform implements Work.
func (w *fakeWork) Perform(ctx context.Context, a dispatch.Ask) (dispatch.Performed, error) {
	w.mu.Lock()
	w.asked = append(w.asked, a)
	w.mu.Unlock()
	if w.perform == nil {
		return dispatch.Performed{Accepted: true, Run: run.Run{ID: "run-1", State: run.Succeeded}}, nil
	}
	return w.perform(ctx, a)
}

// performed are the actions that were asked for, with their arguments, in no order of
// their own.
func (w *fakeWork) performed() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	for _, a := range w.asked {
		list = append(list, a.Action+" "+string(a.Work.Arguments))
	}
	slices.Sort(list)
	return list
}

// working is a server whose plugins are w.
func working(t *testing.T, w *fakeWork, settings config.API) *bundle {
	t.Helper()
	return setup(t, func(o *Options) {
		o.Work = w
		o.Settings = func() config.API { return settings }
	})
}
