package qrssim

import (
	"context"
	"errors"
	"fmt"
	"net"

	"butlerd/plugins/internal/pki"
)

// Start listens. A simulator that has been stopped listens at the same port
// again, and its executions have gone on in between, as those of a site do behind
// a broken network. One that is started stays so.
func (s *Simulator) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.listenControl(), s.listen()); err != nil {
		return errors.Join(fmt.Errorf("starting QRS simulator: %w", err), s.stop(context.Background()))
	}
	return nil
}

// listen makes the listeners of the site, unless they are there.
func (s *Simulator) listen() error {
	if len(s.listeners) > 0 {
		return nil
	}
	if s.options.Dir == "" {
		return errNoDir
	}
	files := pki.In(s.options.Dir)
	mutual, err := files.MutualConfig()
	if err != nil {
		return err
	}
	direct, err := listen(s.addr, mutual, s.serve)
	if err != nil {
		return err
	}
	s.addr, s.listeners = direct.addr, append(s.listeners, direct)
	if s.proxy == nil {
		return nil
	}
	anyone, err := files.ServerConfig()
	if err != nil {
		return err
	}
	proxied, err := listen(s.proxyAddr, anyone, s.proxy.serve)
	if err != nil {
		return err
	}
	s.proxyAddr, s.listeners = proxied.addr, append(s.listeners, proxied)
	return nil
}

// Stop ends listening, requests that are under way and connections. It takes no
// longer than ctx and a second. One that is stopped stays so.
func (s *Simulator) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop(ctx)
}

func (s *Simulator) stop(ctx context.Context) error {
	errs := []error{s.refuse(ctx)}
	if s.controller != nil {
		errs = append(errs, s.controller.stop(ctx))
		s.controller = nil
	}
	return errors.Join(errs...)
}

// refuse ends the listeners of the site.
func (s *Simulator) refuse(ctx context.Context) error {
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, l.stop(ctx))
	}
	s.listeners = nil
	return errors.Join(errs...)
}

// Addr is where clients with a certificate connect, as host:port. Before the
// first Start it is Options.Listen.
func (s *Simulator) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// URL is where clients with a certificate find /qrs, without a slash at the end.
func (s *Simulator) URL() string { return "https://" + reachable(s.Addr()) }

// ProxyURL is where clients of the virtual proxy find /qrs, with its prefix and
// without a slash at the end. It is empty without a proxy.
func (s *Simulator) ProxyURL() string {
	if s.proxy == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return "https://" + reachable(s.proxyAddr) + s.proxy.base
}

// reachable replaces the address of all interfaces, which nobody can dial
// everywhere.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host != "" && (ip == nil || !ip.IsUnspecified()) {
		return addr
	}
	return net.JoinHostPort("localhost", port)
}
