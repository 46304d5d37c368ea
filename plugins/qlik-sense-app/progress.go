package app

import (
	"context"
	"strings"
	"time"

	"butlerd/plugins/qlik-sense-app/engine"
)

// How often the engine is asked how far it is: soon after the order, to learn that
// it was taken, then less and less.
const (
	firstLook = 200 * time.Millisecond
	lastLook  = 5 * time.Second
)

// progress is what GetProgress tells. The texts are those since the call before.
type progress struct {
	Data struct {
		Started    bool   `json:"qStarted"`
		Finished   bool   `json:"qFinished"`
		Persistent string `json:"qPersistentProgress"` // lines about statements that began or ended
		Transient  string `json:"qTransientProgress"`  // how far the statement under way is
		Errors     []struct {
			Text string `json:"qErrorString"`
			Line string `json:"qLine"`
		} `json:"qErrorData"`
	} `json:"qProgressData"`
}

// follow waits for the end of a reload and tells of it meanwhile. It is false when
// the run has ended before.
func (r *reload) follow(ctx context.Context, order *engine.Pending) bool {
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		timer := time.NewTimer(wait)
		select {
		case <-order.Done():
			timer.Stop()
			return true
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			r.look(ctx, order)
		}
	}
}

// look asks for the progress. It does no harm when there is no answer: what counts
// is the answer to the order.
func (r *reload) look(ctx context.Context, order *engine.Pending) {
	var p progress
	err := r.Call(ctx, engine.Request{Handle: engine.Global, Method: "GetProgress", Params: []any{order.ID()}}, &p)
	if err != nil {
		r.run.Log.Debug("asking for the progress failed", "err", err.Error())
		return
	}
	r.looks++
	r.tell(p)
	// An engine answers in the order it was asked, apart from what takes long. One
	// that twice had nothing to tell of the reload, and has not refused it, has it.
	if d := p.Data; d.Started || d.Finished || d.Persistent != "" || d.Transient != "" || r.looks > 1 {
		r.accept()
	}
}

// tell passes on what is new.
func (r *reload) tell(p progress) {
	for line := range strings.Lines(p.Data.Persistent) {
		if text := r.words.add(line); text != "" {
			r.run.Log.Info("reload progress", "text", text)
		}
	}
	for _, e := range p.Data.Errors {
		if text := r.words.fail(e.Text); text != "" {
			r.run.Log.Error("error in the script", "text", text, "statement", tidy(e.Line))
		}
	}
	if note := tidy(p.Data.Transient); note != "" {
		r.run.Progress(0, 0, note)
	}
}

// accept tells the host once that the engine has taken the order.
func (r *reload) accept() {
	if !r.accepted {
		r.accepted = true
		r.run.Accepted()
	}
}
