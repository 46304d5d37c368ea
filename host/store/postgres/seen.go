package postgres

import (
	"slices"
	"sync"
)

// seenOrders are the orders that hosts have seen and that are still in the
// database, by host. Its zero value is empty.
type seenOrders struct {
	mu     sync.Mutex
	byHost map[string][]order
}

func (s *seenOrders) of(hostID string) []order {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.byHost[hostID])
}

// replace forgets orders that are deleted, and adds those that were just handed
// out. Other calls for the host may have come in between.
func (s *seenOrders) replace(hostID string, deleted, seen []order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(s.byHost[hostID], func(o order) bool { return slices.Contains(deleted, o) })
	if left = append(left, seen...); len(left) == 0 {
		delete(s.byHost, hostID)
		return
	}
	if s.byHost == nil {
		s.byHost = map[string][]order{}
	}
	s.byHost[hostID] = left
}
