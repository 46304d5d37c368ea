package reload

import (
	"context"
	"time"

	"butlerd/sdk"
)

// cleanupLimit is how long an attempt goes on after it was cancelled, to learn
// what became of a start under way and to stop tasks. A host waits 10 seconds.
const cleanupLimit = 8 * time.Second

// run is the action.
func (p *plugin) run(ctx context.Context, run *sdk.Run, args Arguments) (Report, error) {
	late, cancel := outlive(ctx, cleanupLimit)
	defer cancel()
	b := &batch{run: run, client: p.client.Load(), args: args, late: late}
	if err := b.prepare(ctx); err != nil {
		return Report{}, verdict(ctx, err)
	}
	began := time.Now()
	b.execute(ctx)
	run.Summary(b.summary(time.Since(began)))
	return b.report(), verdict(ctx, b.failure(ctx))
}

// prepare makes the jobs.
func (b *batch) prepare(ctx context.Context) error {
	if lost := b.run.Lost(); lost != nil {
		return b.lostJobs(ctx, lost)
	}
	b.notes = newNotes(b.run, checkpoint{StartedAt: b.run.StartedAt})
	tasks, err := b.args.selectTasks(ctx, b.client)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		b.jobs = append(b.jobs, newJob(b, task))
	}
	return nil
}

// outlive is a context that ends d after another has ended. cancel ends it at
// once.
func outlive(ctx context.Context, d time.Duration) (late context.Context, cancel func()) {
	late, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(d, func() { end(context.Cause(ctx)) })
	})
	return late, func() {
		stop()
		end(nil)
	}
}
