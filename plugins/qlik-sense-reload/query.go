package reload

import (
	"context"
	"sync"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/sdk"
)

// Names of the queries.
const (
	tasksQuery      = "qlik-sense-tasks"
	appsQuery       = "qlik-sense-apps"
	executionsQuery = "qlik-sense-executions"
)

// maxAtOnce is how many requests one query has under way. A site answers those of
// people and of runs meanwhile.
const maxAtOnce = 8

func (p *plugin) queries() []sdk.Action {
	return []sdk.Action{
		sdk.NewQuery(tasksQuery, p.findTasks).WithDoc("Finds tasks by their ids, tags and custom properties."),
		sdk.NewQuery(appsQuery, p.findApps).WithDoc("Lists the apps that the user may see."),
		sdk.NewQuery(executionsQuery, p.findExecutions).WithDoc("Lists the executions of tasks that started in a time, whoever started them."),
	}
}

// refusal tells whoever asked whether asking again may help. What is not there and
// what the user may not see stay so.
func refusal(err error) error {
	if qrs.Denied(err) || qrs.NotFound(err) {
		return sdk.Permanent(err)
	}
	return err
}

// each calls f with 0 to n-1, several at a time, until one fails; the error is that
// one's.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, maxAtOnce)
	var wg sync.WaitGroup
	for i := range n {
		slots <- struct{}{} // requests end soon after the context, so this does too
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := f(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
