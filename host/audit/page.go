package audit

import (
	"context"
	"errors"
	"strings"

	"butlerd/host/run"
	"butlerd/host/store"
)

// errOrder says that a store does not keep to the order of settlements, without
// which nothing can be compared.
var errOrder = errors.New("the store lists settlements out of order")

// stream reads a list of the ledger one page after the other.
type stream[T any] struct {
	fetch func(after store.SettlementKey) ([]T, error)
	key   func(T) store.SettlementKey

	page []T
	last store.SettlementKey // of what was read last
	done bool                // there is no further page
}

// peek is the first that was not taken yet; nil at the end.
func (s *stream[T]) peek() (*T, error) {
	if len(s.page) > 0 {
		return &s.page[0], nil
	}
	if s.done {
		return nil, nil
	}
	page, err := s.fetch(s.last)
	if err != nil {
		return nil, err
	}
	for _, one := range page {
		if compareKeys(s.key(one), s.last) < 0 {
			return nil, errOrder
		}
		s.last = s.key(one)
	}
	s.page, s.done = page, len(page) < store.MaxPage
	if len(page) == 0 {
		return nil, nil
	}
	return &s.page[0], nil
}

// take steps over what peek has shown.
func (s *stream[T]) take() { s.page = s.page[1:] }

func compareKeys(a, b store.SettlementKey) int {
	if c := strings.Compare(a.ScheduleID, b.ScheduleID); c != 0 {
		return c
	}
	if c := a.DueAt.Compare(b.DueAt); c != 0 {
		return c
	}
	return strings.Compare(a.RunID, b.RunID)
}

// lister lists settlements; firings and their runs are two lists.
type lister interface {
	Settlements(ctx context.Context, q store.SettlementQuery) ([]run.Firing, error)
}

func settlements(ctx context.Context, l lister, q store.SettlementQuery) *stream[run.Firing] {
	return &stream[run.Firing]{
		key: firingKey,
		fetch: func(after store.SettlementKey) ([]run.Firing, error) {
			q.After, q.Limit = after, store.MaxPage
			return l.Settlements(ctx, q)
		},
	}
}

func firingRuns(ctx context.Context, l Settled, q store.SettlementQuery) *stream[store.FiringRun] {
	return &stream[store.FiringRun]{
		key: runKey,
		fetch: func(after store.SettlementKey) ([]store.FiringRun, error) {
			q.After, q.Limit = after, store.MaxPage
			return l.FiringRuns(ctx, q)
		},
	}
}

func firingKey(f run.Firing) store.SettlementKey {
	return store.SettlementKey{ScheduleID: f.ScheduleID, DueAt: f.DueAt}
}

func runKey(r store.FiringRun) store.SettlementKey {
	return store.SettlementKey{ScheduleID: r.ScheduleID, DueAt: r.DueAt, RunID: r.RunID}
}
