package api

import (
	"sync"
	"time"

	"butlerd/host/store"
)

// listed keeps schedules as the list of all shows them: load scripts ask for it again
// and again, and to encode a thousand takes longer than all else of a request.
// The zero value is ready.
type listed struct {
	mu   sync.Mutex
	byID map[string]encoded
}

// encoded is a version of a schedule in JSON. What a version says never changes.
type encoded struct {
	version int64
	since   time.Time
	text    []byte
}

// list is the answer with all schedules, in their order.
func (l *listed) list(all []store.Schedule) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.byID) > len(all) || l.byID == nil {
		l.forget(all)
	}
	out := []byte{'['}
	for i, s := range all {
		text, err := l.text(s)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out = make([]byte, 1, (len(text)+1)*len(all)+2) // others are about as long
			out[0] = '['
		} else {
			out = append(out, ',')
		}
		out = append(out, text...)
	}
	return append(out, ']'), nil
}

// forget forgets schedules that are there no longer.
func (l *listed) forget(all []store.Schedule) {
	kept := make(map[string]encoded, len(all))
	for _, s := range all {
		if e, there := l.byID[s.ID]; there {
			kept[s.ID] = e
		}
	}
	l.byID = kept
}

func (l *listed) text(s store.Schedule) ([]byte, error) {
	if e, there := l.byID[s.ID]; there && e.version == s.Version && e.since.Equal(s.Since) {
		return e.text, nil
	}
	text, err := encode(newV4Schedule(s))
	if err != nil {
		return nil, err
	}
	l.byID[s.ID] = encoded{version: s.Version, since: s.Since, text: text}
	return text, nil
}
