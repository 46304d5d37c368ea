package main

import (
	"flag"
	"fmt"
	"strings"

	"butlerd/host/config"
)

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ", ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// vars is a repeatable flag NAME=VALUE.
type vars map[string]string

func (v vars) String() string { return "" }

func (v vars) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return fmt.Errorf("write NAME=VALUE")
	}
	v[name] = value
	return nil
}

// configFlags are the flags of commands that read a configuration.
type configFlags struct {
	paths list
	vars  vars
}

func addConfigFlags(fs *flag.FlagSet) *configFlags {
	f := &configFlags{vars: vars{}}
	fs.Var(&f.paths, "config", "a configuration `file or directory`; may be repeated (default config.hcl)")
	fs.Var(f.vars, "var", "a variable of the configuration, `NAME=VALUE`; may be repeated")
	return f
}

// defaultConfig is read when no -config is given.
const defaultConfig = "config.hcl"

func (f *configFlags) options(p *program) config.Options {
	paths := f.paths
	if len(paths) == 0 {
		paths = list{defaultConfig}
	}
	return config.Options{Paths: paths, Vars: f.vars, Env: p.env}
}
