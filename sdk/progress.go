package sdk

import (
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// progressEvery is the least time between two reports that are passed on.
const progressEvery = 200 * time.Millisecond

// progress passes on the first report of a burst at once and the latest when
// the time is up, so that a bar that stops at 99 % is really at 99 %.
type progress struct {
	events *events

	gate   gate
	latest *actionv1.Progress // not sent yet
	timer  *time.Timer        // runs while reports are held back
}

func newProgress(e *events) *progress { return &progress{events: e, gate: newGate()} }

func (p *progress) report(r *actionv1.Progress) {
	p.gate.lock()
	defer p.gate.unlock()
	p.latest = r
	if p.timer == nil {
		p.send()
		p.timer = time.AfterFunc(progressEvery, p.elapsed)
	}
}

func (p *progress) elapsed() {
	p.gate.lock()
	defer p.gate.unlock()
	switch {
	case p.timer == nil: // flushed meanwhile
	case p.latest == nil:
		p.timer = nil
	default:
		p.send()
		p.timer.Reset(progressEvery)
	}
}

// flush sends what is held back; the action has returned.
func (p *progress) flush() {
	p.gate.lock()
	defer p.gate.unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	p.send()
}

func (p *progress) send() {
	if p.latest == nil {
		return
	}
	p.events.send(&actionv1.ExecuteResponse{
		Event: &actionv1.ExecuteResponse_Progress{Progress: p.latest},
	})
	p.latest = nil
}
