package plugin

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"butlerd/host/run"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// keepLimit is how long the end of an attempt waits for its last checkpoint to be
// kept. Mostly nobody needs it any more; but when the end is lost, the next attempt
// wants to know what this one noted last.
const keepLimit = time.Second

// keeper hands checkpoints over, one call at a time, in the order they came. One
// that waits while another is kept gives way to a later one, which takes its place
// anyway: no more than two are ever held.
type keeper struct {
	keep func(json.RawMessage) // nil: nothing is kept
	done chan struct{}         // closed by work at its end after stop

	mu      sync.Mutex
	waiting json.RawMessage // nil: none
	working bool
	stopped bool
}

func newKeeper(keep func(json.RawMessage)) *keeper {
	return &keeper{keep: keep, done: make(chan struct{})}
}

// take keeps a checkpoint soon. It does not wait.
func (k *keeper) take(data json.RawMessage) {
	if k.keep == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.waiting = data
	if !k.working {
		k.working = true
		go k.work()
	}
}

// work keeps what waits until nothing does.
func (k *keeper) work() {
	for data := k.next(); data != nil; data = k.next() {
		k.keep(data)
	}
}

// next is what to keep now; nil when work is to end.
func (k *keeper) next() json.RawMessage {
	k.mu.Lock()
	defer k.mu.Unlock()
	data := k.waiting
	k.waiting = nil
	if data == nil {
		k.working = false
		if k.stopped {
			close(k.done)
		}
	}
	return data
}

// stop waits until the last checkpoint is kept, at most for the limit; what waits
// even then is dropped. Nothing is taken after it.
func (k *keeper) stop(limit time.Duration) {
	k.mu.Lock()
	k.stopped = true
	working := k.working
	k.mu.Unlock()
	if !working {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-k.done:
	case <-timer.C:
		k.mu.Lock()
		k.waiting = nil
		k.mu.Unlock()
	}
}

// read keeps the checkpoint of an event. One that is not sound is not kept, and
// the log says so: the one before still counts.
func (k *keeper) read(note *actionv1.Checkpoint, c Call, message *actionv1.ExecuteResponse, sink func(run.LogEntry)) {
	data := object(note.GetDataJson(), maxCheckpoint)
	if data != nil {
		k.take(data)
		return
	}
	why := "it is no JSON object"
	if n := len(note.GetDataJson()); n > maxCheckpoint {
		why = fmt.Sprintf("it has %d bytes, more than %d", n, maxCheckpoint)
	}
	sink(run.LogEntry{
		RunID:   c.RunID,
		Attempt: c.Attempt,
		Seq:     int64(message.GetSeq()),
		At:      eventTime(message),
		Kind:    run.KindHost,
		Text:    "a checkpoint of the plugin was not kept: " + why,
	})
}
