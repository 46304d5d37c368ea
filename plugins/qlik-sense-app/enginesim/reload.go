package enginesim

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"sync"
)

// progress is a reload in a session.
type progress struct {
	cancel context.CancelFunc
	order  *Reload // guarded by the simulator's mutex

	mu       sync.Mutex
	news     []string // not told yet
	finished bool
}

// doReload begins a reload, which is answered when it has ended.
func (s *session) doReload(ctx context.Context, r rpc, fault Fault) {
	app, ok := s.handles[r.Handle].(*App)
	if !ok {
		s.refuse(ctx, r.ID, errNotFound)
		return
	}
	reloading, cancel := context.WithCancel(ctx)
	p := s.begin(app, r, cancel)
	s.work.Go(func() {
		defer cancel()
		ended := pause(reloading, cmp.Or(app.ReloadTime, s.sim.options.ReloadTime))
		success := ended && app.Fails == ""
		s.sim.change(func() { p.order.Ended, p.order.Cancelled = ended, !ended })
		p.end(app, success)
		if fault.is(DropAfter) {
			s.lost()
			return
		}
		s.answer(ctx, r.ID, members{"qReturn": success})
	})
}

// begin keeps the order before anything else is answered.
func (s *session) begin(app *App, r rpc, cancel context.CancelFunc) *progress {
	order := &Reload{AppID: app.ID}
	for i, into := range []any{&order.Mode, &order.Partial} {
		if i < len(r.Params) {
			_ = json.Unmarshal(r.Params[i], into) // else the default, as the engine has it
		}
	}
	s.sim.ordered(order)
	p := &progress{cancel: cancel, order: order, news: []string{"Started loading data"}}
	s.sim.change(func() { s.reload = p })
	return p
}

func (p *progress) tell(lines ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.news = append(p.news, lines...)
}

func (p *progress) end(app *App, success bool) {
	switch {
	case success:
		p.tell("App saved in memory", "Finished successfully")
	case app.Fails != "":
		p.tell("The following error occurred:", app.Fails, "The error occurred here:", "LOAD * FROM [lib://data/a.qvd] (qvd)")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished = true
}

// current is the newest reload of the session, nil before the first.
func (s *session) current() (p *progress) {
	s.sim.change(func() { p = s.reload })
	return p
}

// progressData is what is new since the call before.
func (s *session) progressData() members {
	p := s.current()
	if p == nil {
		return members{"qStarted": false, "qFinished": false}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	news := strings.Join(p.news, "\r\n")
	p.news = nil
	transient := ""
	if !p.finished {
		transient = "1,000 lines fetched"
	}
	return members{
		"qStarted": true, "qFinished": p.finished, "qPersistentProgress": news, "qTransientProgress": transient,
		"qCompleted": 0, "qTotal": 0, "qKB": 0, "qMillisecs": 0, "qErrorData": []any{},
	}
}

func (s *session) cancelReload() {
	if p := s.current(); p != nil {
		p.cancel()
	}
}

func (s *session) save() {
	if p := s.current(); p != nil {
		s.sim.change(func() { p.order.Saved = p.order.Ended })
	}
}
