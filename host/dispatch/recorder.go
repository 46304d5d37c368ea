package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// What is kept of a run's log: its beginning, written while it runs, and its
// end, written when it has ended. What lies between is counted as dropped.
const (
	keepHead   = 512 << 10 // bytes
	keepTail   = 512 << 10
	flushAfter = 500 * time.Millisecond // from the first entry not yet written
	entryCost  = 64                     // bytes an entry counts beside its text
)

// recorder collects the log of one attempt. Adding to it never waits for the
// store, or a slow disk would slow the plugin down.
type recorder struct {
	write func(context.Context, []run.LogEntry) error
	log   *slog.Logger

	flushing sync.Mutex // held while a flush writes; taken before mu

	mu        sync.Mutex
	timer     *time.Timer // set while entries wait to be written
	finished  bool
	unwritten []run.LogEntry // of the head
	headBytes int
	tail      []run.LogEntry
	tailBytes int
	lines     int64
	bytes     int64
	dropped   int64
}

func cost(e run.LogEntry) int { return len(e.Text) + len(e.Attributes) + entryCost }

// add takes an entry. It is dropped after finish: a plugin that has lost its
// attempt may still be talking.
func (r *recorder) add(e run.LogEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.finished {
		return
	}
	r.lines++
	r.bytes += int64(len(e.Text))
	if r.headBytes+cost(e) <= keepHead && len(r.tail) == 0 {
		r.addHead(e)
		return
	}
	r.addTail(e)
}

func (r *recorder) addHead(e run.LogEntry) {
	r.headBytes += cost(e)
	r.unwritten = append(r.unwritten, e)
	if r.timer == nil {
		r.timer = time.AfterFunc(flushAfter, r.flush)
	}
}

func (r *recorder) addTail(e run.LogEntry) {
	r.tail = append(r.tail, e)
	r.tailBytes += cost(e)
	for r.tailBytes > keepTail {
		r.tailBytes -= cost(r.tail[0])
		r.tail[0] = run.LogEntry{}
		r.tail = r.tail[1:]
		r.dropped++
	}
}

// flush writes what waits. What could not be written waits for the end of the
// attempt.
func (r *recorder) flush() {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.mu.Lock()
	entries := r.unwritten
	r.unwritten, r.timer = nil, nil
	r.mu.Unlock()
	if len(entries) == 0 {
		return
	}
	if err := r.write(context.Background(), entries); err != nil {
		r.log.Warn("writing the log of a run", "run", entries[0].RunID, "err", err)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unwritten = append(entries, r.unwritten...)
	}
}

// finish closes the recorder and gives what is not written yet to the record of
// the attempt's end.
func (r *recorder) finish(end *store.AttemptEnd) {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finished = true
	if r.timer != nil {
		r.timer.Stop()
	}
	end.Entries = append(r.unwritten, r.tail...)
	end.LogLines, end.LogBytes, end.Dropped = r.lines, r.bytes, r.dropped
	r.unwritten, r.tail = nil, nil
}
