package qrssim

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// maxRequests bounds how many requests are remembered, the newest ones.
const maxRequests = 10_000

// Simulator is a simulated Qlik Sense site. Its methods may be called at any time
// and concurrently.
type Simulator struct {
	options Options
	certs   Certs
	site    *site
	router  router
	faults  faults
	proxy   *proxy // nil for none
	log     *requestLog

	mu          sync.Mutex // guards the listeners
	listeners   []*listener
	controller  *listener // nil for none
	addr        string    // of the listener for certificates, kept over a restart
	proxyAddr   string
	controlAddr string
}

// New makes a simulator that does not listen yet. With Options.Dir it makes sure
// that the certificates are there. An error lists all that is wrong with the
// options and the seed.
func New(options Options) (*Simulator, error) {
	o := options.withDefaults()
	seed, err := o.ownSeed()
	if err := errors.Join(o.check(), err); err != nil {
		return nil, fmt.Errorf("making QRS simulator: %w", err)
	}
	s := &Simulator{options: o, router: newRouter(allRoutes()), log: newRequestLog(o.Log), addr: o.Listen, controlAddr: o.Control}
	s.site = newSite(&site{
		timing:   timing{reload: o.ReloadTime, trigger: o.TriggerTime, stop: o.StopTime, settle: o.SettleTime, wait: o.QueueTimeout},
		capacity: o.Capacity,
		history:  newHistory(o.History),
	}, seed)
	if o.Proxy != nil {
		s.proxy = newProxy(*o.Proxy, s)
		s.proxyAddr = s.proxy.options.Listen
	}
	if s.certs, err = o.certificates(); err != nil {
		return nil, fmt.Errorf("making QRS simulator: %w", err)
	}
	return s, nil
}

func allRoutes() []route {
	routes := append(taskRoutes(), logRoutes()...)
	routes = append(routes, aboutRoute())
	for _, e := range entities() {
		routes = append(routes, e.routes()...)
	}
	return routes
}

// Handler is the API as a client with a certificate sees it, for use without
// sockets. A dropped connection is a panic with http.ErrAbortHandler, as net/http
// has it.
func (s *Simulator) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// ProxyHandler is the API as it is behind the virtual proxy, nil without one.
func (s *Simulator) ProxyHandler() http.Handler {
	if s.proxy == nil {
		return nil
	}
	return http.HandlerFunc(s.proxy.serve)
}

// Inject makes requests go wrong from now on.
func (s *Simulator) Inject(fault Fault) error { return s.faults.add(fault) }

// ClearFaults ends all faults.
func (s *Simulator) ClearFaults() { s.faults.clear() }

// Starts are the starts of tasks that arrived, oldest first: each task of a
// request to start several is one. The newest 100,000 are kept.
func (s *Simulator) Starts() (starts []Start) {
	s.site.do(func() { starts = s.site.starts.all() })
	return starts
}

// Running counts the tasks that are executed at the moment, without those that
// are triggered or queued.
func (s *Simulator) Running() (n int) {
	s.site.do(func() { n = s.site.running() })
	return n
}

// Requests are the requests that were answered or dropped, oldest first. The
// newest 10,000 are kept.
func (s *Simulator) Requests() []Request { return s.log.all() }
