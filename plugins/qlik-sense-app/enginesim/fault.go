package enginesim

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// connect is the method of faults and calls that are about a new session.
const connect = "connect"

// Kind is how something goes wrong.
type Kind string

// The kinds of faults.
const (
	DropBefore Kind = "drop_before" // the connection breaks, and nothing was done
	DropAfter  Kind = "drop_after"  // the connection breaks in place of the answer
	Delay      Kind = "delay"       // it is only done after Fault.Delay
	Silence    Kind = "silence"     // nothing is done, and no answer comes
	NoEffect   Kind = "no_effect"   // nothing is done, and the answer says that it was; not for connect
	Answer     Kind = "answer"      // the answer is an error: Fault.Code and Message; of connect a status of HTTP
	Raw        Kind = "raw"         // Fault.Message is sent as it is, in place of an answer; of connect before anything else
	Oversized  Kind = "oversized"   // the answer has Fault.Code bytes
)

// Fault makes calls go wrong.
type Fault struct {
	Method  string // of the engine, or "connect"
	Times   int    // how often; 0 for always
	Kind    Kind
	Delay   time.Duration
	Code    int
	Message string
}

func (f Fault) is(kind Kind) bool { return f.Kind == kind }

// faults are those that are injected. The first that fits is taken.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

func (s *faults) add(f Fault) error {
	kinds := []Kind{DropBefore, DropAfter, Delay, Silence, NoEffect, Answer, Raw, Oversized}
	if f.Method == "" || !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("the fault %q of method %q is none: it needs a method and one of the kinds %q", f.Kind, f.Method, kinds)
	}
	if f.Times < 0 || f.Delay < 0 {
		return errors.New("a number of the fault is below 0")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, f)
	return nil
}

func (s *faults) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

// take gives the fault of a call; its kind is empty when it goes well.
func (s *faults) take(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.list {
		if f.Method != method {
			continue
		}
		if f.Times > 0 {
			if s.list[i].Times--; s.list[i].Times == 0 {
				s.list = slices.Delete(s.list, i, i+1)
			}
		}
		return f
	}
	return Fault{}
}
