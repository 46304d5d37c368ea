package reload

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/sdk"
)

// maxInFlight is how many tasks of one run are in Qlik Sense at once. The others
// wait here, where no queue of a scheduler drops them after half an hour.
const maxInFlight = 32

// batch is one attempt of a run: its tasks and what they share.
type batch struct {
	run     *sdk.Run
	client  *qrs.Client
	args    Arguments
	late    context.Context // for what must not be cut off by a cancellation; see cleanupLimit
	jobs    []*job
	notes   *notes
	deleted map[uuid.UUID]bool // tasks of lost that are not in Qlik Sense any more
	lost    *checkpoint        // what an attempt noted that was lost; nil when this one is to start tasks

	mu    sync.Mutex
	done  int // jobs that have ended
	taken int // jobs that have what the run wants of Qlik Sense, but the end
}

// execute sees to all jobs and returns when each has ended.
func (b *batch) execute(ctx context.Context) {
	slots := make(chan struct{}, maxInFlight)
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, j := range b.jobs {
		slots <- struct{}{} // jobs end soon after the context, so this does too
		wg.Go(func() {
			defer func() { <-slots }()
			j.execute(ctx)
			b.ended(j)
		})
	}
}

// tell reports progress of a job that has not ended.
func (b *batch) tell(note string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.run.Progress(int64(b.done), int64(len(b.jobs)), note)
}

// took counts a task that Qlik Sense has taken, or that is left alone as the run
// wants it. When that is so of all of them, the run has been accepted.
func (b *batch) took() {
	b.mu.Lock()
	b.taken++
	all := b.taken == len(b.jobs)
	b.mu.Unlock()
	if all {
		b.run.Accepted()
	}
}

func (b *batch) ended(j *job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	b.run.Progress(int64(b.done), int64(len(b.jobs)), j.line())
}
