package sdk

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// maxStack is how much of a panic's stack is logged, in bytes: the top of it,
// which tells where it happened.
const maxStack = 8 << 10

// attempt calls the action's function and sends how it ended; returned is called
// in between.
func (a *Action) attempt(ctx context.Context, run *Run, doc []byte, returned func()) {
	e := a.survive(ctx, run, doc)
	returned()
	run.progress.flush()
	run.events.finish(resultFrom(ctx, e))
}

// survive makes a panic of the function the failure of this one attempt: the
// process has others.
func (a *Action) survive(ctx context.Context, run *Run, doc []byte) (e ended) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		stack := debug.Stack()
		// A logger of its own: the function may have replaced run.Log.
		slog.New(&logHandler{events: run.events}).Error("action panicked", "panic", fmt.Sprint(v), "stack", string(stack[:min(len(stack), maxStack)]))
		e = ended{err: fmt.Errorf("action %q panicked: %v", a.typ, v)}
	}()
	return a.execute(ctx, run, doc)
}
