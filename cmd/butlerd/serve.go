package main

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"butlerd/host"
	"butlerd/host/config"
)

// serve runs the host until it is told to stop.
func (p *program) serve(ctx context.Context, args []string) error {
	fs := p.flags("serve")
	cf := addConfigFlags(fs)
	listen := fs.String("listen", "", "`HOST:PORT` of the API in place of the configured one; port 0 picks a free one")
	dataDir := fs.String("data-dir", "", "`directory` of the store in place of the configured one")
	if err := parse(fs, args); err != nil {
		return err
	}
	if len(cf.paths) == 0 {
		return usageError{"butlerd serve: -config FILE|DIR is needed"}
	}
	o := cf.options(p)
	o.Listen, o.DataDir = *listen, *dataDir
	h, err := p.start(ctx, o)
	if err != nil {
		return err
	}
	return p.supervise(ctx, h)
}

// start brings a host up and prints what is odd about its configuration.
func (p *program) start(ctx context.Context, o config.Options) (*host.Host, error) {
	plugins, err := bundled()
	if err != nil {
		return nil, err
	}
	h, diags, err := host.New(host.Options{Config: o, Version: version(), Bundled: plugins})
	if err != nil {
		return nil, p.report(diags, err)
	}
	starting, stop := p.untilStopped(ctx)
	more, err := h.Start(starting)
	interrupted := starting.Err() != nil
	stop()
	if err = p.report(append(diags, more...), err); err != nil {
		return nil, err
	}
	if interrupted { // just as the host got ready
		h.Stop()
		return nil, errStopped
	}
	return h, nil
}

// errStopped says that a signal ended the program while it was starting.
var errStopped = errors.New("stopped while starting")

// report prints diagnostics. An error that only sums them up is not printed
// again.
func (p *program) report(diags config.Diagnostics, err error) error {
	if len(diags) > 0 {
		diags.WriteText(p.stderr, isTerminal(p.stderr), 0)
	}
	var found *host.DiagnosticsError
	if errors.As(err, &found) {
		return errReported
	}
	return err
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}

// untilStopped is ctx until a signal asks to stop.
func (p *program) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case s := <-p.signals:
				if !isReload(s) {
					cancel()
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { cancel(); <-done }
}

// supervise reloads and stops the host as signals ask for: the first one to stop
// gives open runs their grace, a second one ends them at once.
func (p *program) supervise(ctx context.Context, h *host.Host) error {
	var reloads sync.WaitGroup
	defer reloads.Wait()
	for {
		select {
		case s := <-p.signals:
			if isReload(s) {
				reloads.Go(func() { p.reload(ctx, h) }) // which may take a while: signals go on
				continue
			}
		case <-ctx.Done():
		}
		break
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		h.Stop()
	}()
	for {
		select {
		case s := <-p.signals:
			if !isReload(s) {
				h.Hurry()
			}
		case <-stopped:
			return nil
		}
	}
}

// reload prints what is wrong; the host has logged the rest.
func (p *program) reload(ctx context.Context, h *host.Host) {
	_, diags, err := h.Reload(ctx)
	if err := p.report(diags, err); err != nil {
		return
	}
}
