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
	client := p.client.Load()
	tasks, err := args.selectTasks(ctx, client)
	if err != nil {
		return Report{}, verdict(ctx, err)
	}
	late, cancel := outlive(ctx, cleanupLimit)
	defer cancel()
	b := &batch{run: run, client: client, args: args, late: late}
	for _, task := range tasks {
		b.jobs = append(b.jobs, newJob(b, task))
	}
	began := time.Now()
	b.execute(ctx)
	run.Summary(b.summary(time.Since(began)))
	return b.report(), verdict(ctx, b.failure(ctx))
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
