package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// stopSimulator bounds how long the simulator's open requests may take.
const stopSimulator = 2 * time.Second

// qrsSimulator runs the simulator alone.
func (p *program) qrsSimulator(ctx context.Context, args []string) error {
	fs := p.flags("qrs-simulator")
	listen := fs.String("listen", "127.0.0.1:4242", "`HOST:PORT` to listen on; port 0 picks a free one")
	dir := fs.String("dir", filepath.Join("data", simulatorDir), "`directory` of the certificates, made when they are missing")
	seed := fs.String("seed", "", "a `file` of tasks, apps, tags and custom properties (default: a built-in one)")
	reload := fs.Duration("reload-time", 3*time.Second, "how long a reload takes that does not say so itself")
	if err := parse(fs, args); err != nil {
		return err
	}
	o := qrssim.Options{Dir: *dir, Listen: *listen, ReloadTime: *reload, Log: slog.New(slog.NewTextHandler(p.stderr, nil))}
	if *seed != "" {
		s, err := qrssim.LoadSeed(*seed)
		if err != nil {
			return err
		}
		o.Seed = s
	}
	sim, err := startSimulator(o)
	if err != nil {
		return err
	}
	p.printSimulator(sim)
	running, stop := p.untilStopped(ctx)
	<-running.Done()
	stop()
	return endSimulator(sim)
}

func (p *program) printSimulator(sim *qrssim.Simulator) {
	certs := sim.Certs()
	fmt.Fprintf(p.stdout, "QRS simulator at %s\nTry it:\n\n", sim.URL())
	fmt.Fprintf(p.stdout, "  curl --cacert %s --cert %s --key %s -H 'X-Qlik-Xrfkey: 0123456789abcdef' -H 'X-Qlik-User: UserDirectory=INTERNAL; UserId=sa_repository' '%s/qrs/task/full?xrfkey=0123456789abcdef'\n\nCtrl-C stops it.\n",
		certs.Root, certs.Client, certs.ClientKey, sim.URL())
}

func startSimulator(o qrssim.Options) (*qrssim.Simulator, error) {
	sim, err := qrssim.New(o)
	if err != nil {
		return nil, fmt.Errorf("making the QRS simulator: %w", err)
	}
	if err := sim.Start(); err != nil {
		return nil, fmt.Errorf("starting the QRS simulator: %w", err)
	}
	return sim, nil
}

func endSimulator(sim *qrssim.Simulator) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopSimulator)
	defer cancel()
	return sim.Stop(ctx)
}
