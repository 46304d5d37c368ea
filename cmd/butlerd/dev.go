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
	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// simulatorDir is where dev keeps the simulators' certificates, in the data
// directory.
const simulatorDir = "qrs-simulator"

// devReload is how long reloads take in dev: long enough to be seen running.
const devReload = 3 * time.Second

// dev runs the host with simulators of Qlik Sense and the configuration of this
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
	sims, err := startSimulators(filepath.Join(*dataDir, simulatorDir))
	if err != nil {
		return err
	}
	o.Env = p.devEnv(sims)
	h, err := p.start(ctx, o)
	if err != nil {
		return errors.Join(err, sims.end())
	}
	p.welcome(h, sims, o)
	return errors.Join(p.supervise(ctx, h), sims.end())
}

// simulators are a simulated site of Qlik Sense. They have their certificates and
// their apps in common.
type simulators struct {
	qrs    *qrssim.Simulator
	engine *enginesim.Simulator
}

func startSimulators(dir string) (*simulators, error) {
	qrs, err := startSimulator(qrssim.Options{Dir: dir, ReloadTime: devReload})
	if err != nil {
		return nil, err
	}
	engine, err := enginesim.New(enginesim.Options{Dir: dir, Apps: engineApps(), ReloadTime: devReload})
	if err == nil {
		err = engine.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the engine simulator: %w", err), endSimulator(qrs))
	}
	return &simulators{qrs: qrs, engine: engine}, nil
}

// engineApps are the apps that the QRS simulator has by default.
func engineApps() []enginesim.App {
	var list []enginesim.App
	for _, a := range qrssim.DefaultSeed().Apps {
		list = append(list, enginesim.App{ID: a.ID.String(), Name: a.Name, Script: "LOAD 1 AS One AUTOGENERATE 1;"})
	}
	return list
}

func (s *simulators) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopSimulator)
	defer cancel()
	return errors.Join(s.engine.Stop(ctx), endSimulator(s.qrs))
}

// devEnv adds the variables that tell config.hcl where the simulators are.
func (p *program) devEnv(s *simulators) func(string) (string, bool) {
	name, port, _ := net.SplitHostPort(s.qrs.Addr())
	_, enginePort, _ := net.SplitHostPort(s.engine.Addr())
	certs := filepath.Dir(s.qrs.Certs().Root)
	set := map[string]string{
		config.VarPrefix + "sense_host":  name,
		config.VarPrefix + "sense_port":  port,
		config.VarPrefix + "engine_port": enginePort,
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
func (p *program) welcome(h *host.Host, s *simulators, o config.Options) {
	url := "http://" + h.Addr().String()
	fmt.Fprintf(p.stdout, `
butlerd is running.

  API            %[1]s, described at %[1]s/documentation
  simulators     of QRS at %[2]s, of the engine at %[3]s, certificates in %[4]s
  configuration  %[5]s
  data           %[6]s
`, url, s.qrs.URL(), s.engine.Addr(), filepath.Dir(s.qrs.Certs().Root), strings.Join(o.Paths, ", "), o.DataDir)
	for _, line := range h.Summary() {
		fmt.Fprintf(p.stdout, "  %s\n", line)
	}
	fmt.Fprintf(p.stdout, `
Try, in another terminal:

  curl %[1]s/v4/schedules
  curl -X POST %[1]s/v4/schedules -H 'Content-Type: application/json' -d '{"name":"Every 5 sec","cronSchedule":"*/5 * * * * *","timezone":"Europe/Stockholm","qlikSenseTaskId":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","startupState":"started","tags":["tag 1"]}'
  curl -X PUT %[1]s/v4/reloadtask/0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b/start -H 'Content-Type: application/json' -d '[]'
  curl '%[1]s/api/v1/runs?limit=5'

Ctrl-C stops all of it.

`, url)
}
