package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"butlerd/plugins/qlik-sense-app/engine"
	"butlerd/sdk"
)

// maxReloadMessage bounds the messages of a session that reloads, in bytes.
const maxReloadMessage = 1 << 20

// cleanupLimit is how long an attempt waits for the engine after it was cancelled,
// to learn what became of the reload. A host waits 10 seconds, of which closing the
// connection may take another five.
const cleanupLimit = 4 * time.Second

// ReloadReport is the result of the action.
type ReloadReport struct {
	AppID   string  `json:"app_id" doc:"id of the app"`
	Partial bool    `json:"partial" doc:"whether it was a partial reload"`
	Mode    int     `json:"mode" doc:"what errors of the script did: 0 what the script says, 1 end the reload, 2 nothing"`
	Seconds float64 `json:"seconds" doc:"how long the reload took in the engine, without opening and saving the app"`
}

// reload is the action.
func (p *plugin) reload(ctx context.Context, run *sdk.Run, args ReloadArguments) (ReloadReport, error) {
	id := appID(args.AppID)
	s, err := p.open(ctx, opening{id: id, scope: id, limit: maxReloadMessage})
	if err != nil {
		return ReloadReport{}, err
	}
	defer s.Close()
	began := time.Now()
	r := &reload{session: s, run: run}
	if err := r.execute(ctx, args); err != nil {
		return ReloadReport{}, err
	}
	took := time.Since(began)
	if err := r.save(ctx); err != nil {
		return ReloadReport{}, err
	}
	run.Summary(fmt.Sprintf("reloaded app %s in %s", id, took.Round(time.Millisecond)))
	return ReloadReport{AppID: id, Partial: args.Partial, Mode: args.Mode, Seconds: took.Seconds()}, nil
}

// reload is one reload under way.
type reload struct {
	*session
	run      *sdk.Run
	words    words
	looks    int // how often the engine has told of the progress
	accepted bool
}

// execute orders the reload and follows it to its end.
func (r *reload) execute(ctx context.Context, args ReloadArguments) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	order, err := r.Start(engine.Request{Handle: r.doc, Method: "DoReload", Params: []any{args.Mode, args.Partial}})
	switch {
	case errors.Is(err, engine.ErrNotSent):
		return err
	case err != nil:
		return sdk.Lost(err)
	}
	if !r.follow(ctx, order) {
		return r.cancel(ctx, order)
	}
	var answer struct {
		OK bool `json:"qReturn"`
	}
	if err := order.Result(&answer); err != nil {
		return ordered(err)
	}
	r.accept()
	if !answer.OK {
		r.look(ctx, order) // for what it has not told yet
		return fmt.Errorf("the reload of app %s failed: %s", r.app, r.words.reason())
	}
	return nil
}

// ordered tells a request that the engine refused from one whose fate is unknown.
func ordered(err error) error {
	if errors.As(err, new(*engine.Refusal)) {
		return classified(err)
	}
	return sdk.Lost(err)
}

// cancel makes the engine end the reload. If it answers in time all is known: a
// reload that is not saved leaves the app as it was.
func (r *reload) cancel(ctx context.Context, order *engine.Pending) error {
	late, end := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer end()
	if err := r.Call(late, engine.Request{Handle: engine.Global, Method: "CancelReload"}, nil); err != nil {
		return sdk.Lost(fmt.Errorf("cancelling the reload of app %s: %w", r.app, err))
	}
	select {
	case <-order.Done():
	case <-late.Done():
		return sdk.Lost(fmt.Errorf("the reload of app %s has not ended although it was cancelled", r.app))
	}
	if err := order.Result(nil); err != nil && !errors.As(err, new(*engine.Refusal)) {
		return sdk.Lost(err)
	}
	return context.Cause(ctx)
}

// save keeps what was reloaded. Once it is ordered it is not left alone: a run that
// is cancelled in that moment may yet learn that the app is saved.
func (r *reload) save(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	late, end := outlive(ctx, cleanupLimit)
	defer end()
	err := r.Call(late, engine.Request{Handle: r.doc, Method: "DoSave", Timeout: r.appTimeout}, nil)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, engine.ErrNotSent):
		return fmt.Errorf("the app was reloaded, but not saved: %w", err)
	case errors.As(err, new(*engine.Refusal)):
		return classified(fmt.Errorf("the app was reloaded, but not saved: %w", err))
	}
	return sdk.Lost(fmt.Errorf("the app was reloaded, and may be saved or not: %w", err))
}

// outlive is a context that ends d after another has ended, or when end is called.
func outlive(ctx context.Context, d time.Duration) (late context.Context, end func()) {
	late, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(d, func() { cancel(context.Cause(ctx)) })
	})
	return late, func() {
		stop()
		cancel(nil)
	}
}
