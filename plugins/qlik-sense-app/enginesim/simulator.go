package enginesim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"butlerd/plugins/internal/pki"
)

// maxCalls bounds how many calls are remembered.
const maxCalls = 10_000

// Simulator is a simulated engine. Its methods may be called at any time and
// concurrently.
type Simulator struct {
	options Options
	files   pki.Files
	faults  faults

	mu      sync.Mutex
	calls   []Call
	reloads []*Reload
	addr    string         // kept over a restart
	server  *server        // nil while it does not listen
	work    sync.WaitGroup // sessions
}

// Certs are the paths of the PEM files of the site, as it would export them.
type Certs struct {
	Root      string // what a client has to trust
	Client    string
	ClientKey string
}

// Call is one thing that a client did.
type Call struct {
	At     time.Time
	User   string // DIRECTORY\id
	Method string // of the engine; "connect" for a new session
	Params string // as JSON; of "connect" the path
}

// Reload is one order to reload an app.
type Reload struct {
	AppID     string
	Mode      int
	Partial   bool
	Ended     bool // it came to its end by itself
	Cancelled bool // or was cancelled, which the end of its session does too
	Saved     bool
}

// New makes a simulator that does not listen yet, and makes sure that there are
// certificates. An error lists all that is wrong with the options.
func New(options Options) (*Simulator, error) {
	o := options.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("making engine simulator: %w", err)
	}
	files, err := pki.Ensure(o.Dir, o.Hosts)
	if err != nil {
		return nil, fmt.Errorf("making engine simulator: %w", err)
	}
	return &Simulator{options: o, files: files, addr: o.Listen}, nil
}

// Start listens. One that has been stopped listens at the same port again. One that
// is started stays so.
func (s *Simulator) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return nil
	}
	config, err := s.files.MutualConfig()
	if err != nil {
		return fmt.Errorf("starting engine simulator: %w", err)
	}
	socket, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("starting engine simulator: %w", err)
	}
	s.addr = socket.Addr().String()
	s.server = serve(tls.NewListener(socket, config), http.HandlerFunc(s.accept))
	return nil
}

// Stop ends listening and all sessions. It takes no longer than ctx. One that is
// stopped stays so.
func (s *Simulator) Stop(ctx context.Context) error {
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	err := server.stop()
	ended := make(chan struct{})
	go func() { // until the last session has ended
		defer close(ended)
		s.work.Wait()
	}()
	select {
	case <-ended:
		return err
	case <-ctx.Done():
		return errors.Join(err, context.Cause(ctx))
	}
}

// Addr is where clients connect, as host:port. Before the first Start it is
// Options.Listen.
func (s *Simulator) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Certs tells where the certificates are.
func (s *Simulator) Certs() Certs {
	return Certs{Root: s.files.Root, Client: s.files.Client, ClientKey: s.files.ClientKey}
}

// Inject makes calls go wrong from now on.
func (s *Simulator) Inject(f Fault) error { return s.faults.add(f) }

// ClearFaults ends all faults.
func (s *Simulator) ClearFaults() { s.faults.clear() }

// Calls are what arrived, oldest first. At least the newest 5,000 are kept.
func (s *Simulator) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Reloads are the reloads that were ordered, oldest first, as they are now.
func (s *Simulator) Reloads() []Reload {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Reload, len(s.reloads))
	for i, r := range s.reloads {
		list[i] = *r
	}
	return list
}

func (s *Simulator) record(c Call) {
	c.At = time.Now()
	s.options.Log.Info("engine call", "method", c.Method, "user", c.User)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	if len(s.calls) > maxCalls {
		s.calls = append([]Call(nil), s.calls[len(s.calls)-maxCalls/2:]...)
	}
}

func (s *Simulator) ordered(r *Reload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reloads = append(s.reloads, r)
}

// change changes what is known of a reload.
func (s *Simulator) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Simulator) app(id string) *App {
	for i := range s.options.Apps {
		if s.options.Apps[i].ID == id {
			return &s.options.Apps[i]
		}
	}
	return nil
}
