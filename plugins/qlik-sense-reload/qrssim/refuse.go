package qrssim

import (
	"context"
	"io"
	"net/http"
	"strings"

	"butlerd/plugins/internal/pki"
)

// Refuse makes the site refuse connections, those of clients and of the proxy's,
// and ends the requests that are under way. Executions go on. Accept ends that.
func (s *Simulator) Refuse(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refuse(ctx)
}

// Accept makes a site that refuses connections listen again, at the same addresses.
// It is for simulators that were started.
func (s *Simulator) Accept() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listen()
}

// ControlURL is where the simulator's own endpoints answer at all times, without a
// slash at the end. It is empty without Options.Control.
func (s *Simulator) ControlURL() string {
	if s.options.Control == "" {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return "https://" + reachable(s.controlAddr)
}

// listenControl makes the listener of the own endpoints, if there is to be one.
func (s *Simulator) listenControl() error {
	if s.controller != nil || s.options.Control == "" {
		return nil
	}
	if s.options.Dir == "" {
		return errNoDir
	}
	config, err := pki.In(s.options.Dir).MutualConfig()
	if err != nil {
		return err
	}
	l, err := listen(s.controlAddr, config, s.serveControl)
	if err != nil {
		return err
	}
	s.controller, s.controlAddr = l, l.addr
	return nil
}

// serveControl answers a request of the listener of its own.
func (s *Simulator) serveControl(w http.ResponseWriter, r *http.Request) {
	c := &call{method: r.Method, path: strings.TrimSuffix(strings.ToLower(r.URL.Path), "/")}
	var err error
	switch c.method + " " + c.path {
	case "POST /simulator/refuse":
		err = s.Refuse(r.Context())
	case "POST /simulator/accept":
		err = s.Accept()
	default:
		if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err == nil {
			s.control(c).write(w)
			return
		}
	}
	if err != nil {
		refused(http.StatusInternalServerError, err.Error()).write(w)
		return
	}
	noContent().write(w)
}
