package qrssim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// faults are what is to go wrong, oldest first.
type faults struct {
	mu   sync.Mutex
	list []*armed
}

// armed is a fault that waits for requests.
type armed struct {
	Fault
	path *regexp.Regexp
	left int // requests; below 0 all
}

func (f *faults) add(fault Fault) error {
	if err := fault.check(); err != nil {
		return fmt.Errorf("injecting fault: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) == maxFaults {
		return fmt.Errorf("injecting fault: there are already %d", maxFaults)
	}
	left := fault.Times
	if left == 0 {
		left = 1
	}
	f.list = append(f.list, &armed{Fault: fault, path: fault.pattern(), left: left})
	return nil
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take uses up one request of the first fault that matches, nil if none does.
func (f *faults) take(method, path string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(a *armed) bool {
		return (a.Method == "" || strings.EqualFold(a.Method, method)) && a.path.MatchString(path)
	})
	if i < 0 {
		return nil
	}
	taken := f.list[i]
	if taken.left > 0 {
		taken.left--
	}
	if taken.left == 0 {
		f.list = slices.Delete(f.list, i, i+1)
	}
	return &taken.Fault
}
