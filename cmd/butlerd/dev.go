package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// simulatorDir is where dev keeps the simulator's certificates, in the data
// directory.
const simulatorDir = "qrs-simulator"

// devReload is how long reloads take in dev: long enough to be seen running.
const devReload = 3 * time.Second

// dev runs the host with a QRS simulator and the configuration of this
// directory. Nothing has to be installed or configured.
func (p *program) dev(ctx context.Context, args []string) error {
	fs := p.flags("dev")
	cf := addConfigFlags(fs)
	listen := fs.String("listen", "", "`HOST:PORT` of the API in place of the configured one; port 0 picks a free one")
	dataDir := fs.String("data-dir", "data", "`directory` of the store and of the simulator's certificates")
	if err := parse(fs, args); err != nil {
		return err
	}
	o := cf.options(p)
	if _, err := os.Stat(o.Paths[0]); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no %s here: run dev in the directory of butlerd's source, or name a file with -config", o.Paths[0])
	}
	o.Listen, o.DataDir = *listen, *dataDir
	sim, err := startSimulator(qrssim.Options{Dir: filepath.Join(*dataDir, simulatorDir), ReloadTime: devReload})
	if err != nil {
		return err
	}
	o.Env = p.devEnv(sim)
	h, err := p.start(ctx, o)
	if err != nil {
		return errors.Join(err, endSimulator(sim))
	}
	p.welcome(h, sim, o)
	return errors.Join(p.supervise(ctx, h), endSimulator(sim))
}

// devEnv adds the variables that tell config.hcl where the simulator is.
func (p *program) devEnv(sim *qrssim.Simulator) func(string) (string, bool) {
	name, port, _ := net.SplitHostPort(sim.Addr())
	certs := filepath.Dir(sim.Certs().Root)
	set := map[string]string{
		config.VarPrefix + "sense_host":  name,
		config.VarPrefix + "sense_port":  port,
		config.VarPrefix + "sense_certs": certs,
	}
	return func(name string) (string, bool) {
		if value, ok := set[name]; ok {
			return value, true
		}
		return p.env(name)
	}
}

// welcome prints what is running, where, and what to try.
func (p *program) welcome(h *host.Host, sim *qrssim.Simulator, o config.Options) {
	url := "http://" + h.Addr().String()
	fmt.Fprintf(p.stdout, `
butlerd is running.

  API            %s
  QRS simulator  %s, certificates in %s
  configuration  %s
  data           %s
`, url, sim.URL(), filepath.Dir(sim.Certs().Root), strings.Join(o.Paths, ", "), o.DataDir)
	for _, line := range h.Summary() {
		fmt.Fprintf(p.stdout, "  %s\n", line)
	}
	fmt.Fprintf(p.stdout, `
Try, in another terminal:

  curl %[1]s/v4/schedules
  curl -X POST %[1]s/v4/schedules -H 'Content-Type: application/json' -d '{"name":"Every 5 sec","cronSchedule":"*/5 * * * * *","timezone":"Europe/Stockholm","qlikSenseTaskId":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","startupState":"started","tags":["tag 1"]}'
  curl '%[1]s/api/v1/runs?limit=5'

Ctrl-C stops all of it.

`, url)
}
