package config

import (
	"slices"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// Load reads and evaluates the configuration. It starts no process and opens no
// port.
//
// With errors in what comes before the schedules the Config is nil. With errors
// in schedules it is not, and Schedules still finds what else is wrong with
// them; such a Config must not be put to use.
func Load(o Options) (*Config, Diagnostics) {
	ss, diags := read(o.Paths)
	if diags.HasErrors() {
		return nil, (&sources{}).report(diags)
	}
	l := &loader{opts: o, sources: ss, config: &Config{}, specs: schedule.NewCache()}
	ok := guard(&diags, func() { diags = append(diags, l.run()...) })
	if !ok || !l.complete {
		return nil, ss.report(diags)
	}
	return l.config, ss.report(diags)
}

// loader is one loading, stage by stage.
type loader struct {
	opts    Options
	sources *sources
	blocks  blocks
	scope   *scope
	config  *Config
	specs   *schedule.Cache
	warned  map[oddity]bool

	calendars map[string]*calendar
	complete  bool // all stages but the schedules had no errors
}

// run runs the stages. Each finds all that is wrong with its part, and none is
// run on what an earlier one found wrong: its messages would be noise.
func (l *loader) run() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, stage := range []func() hcl.Diagnostics{
		l.sources.parse, l.collect, l.variables, l.locals, l.host, l.rest,
	} {
		if diags = append(diags, stage()...); diags.HasErrors() {
			return diags
		}
	}
	l.complete = true
	diags = append(diags, l.schedules()...)
	l.config.sources = l.sources
	l.config.bundled = l.opts.Bundled
	l.config.Hash = l.hash()
	return diags
}

func (l *loader) collect() hcl.Diagnostics {
	l.scope = newScope(l.opts, &l.sources.secrets)
	var diags hcl.Diagnostics
	l.blocks, diags = l.sources.collect()
	return diags
}

// rest are the blocks that only schedules refer to, and those that nothing does. The
// pools come before the plugins, which name them.
func (l *loader) rest() hcl.Diagnostics {
	return slices.Concat(l.api(), l.store(), l.history(), l.pools(), l.calendarBlocks(), l.notify(), l.plugins())
}

// guard runs f and makes an error of a panic. The libraries below panic on some
// values instead of refusing them, among them objects with two keys that Unicode
// holds to be equal, and a reload must not end the host. The text of the panic
// may hold a secret, so it is not shown.
func guard(diags *hcl.Diagnostics, f func()) (ok bool) {
	defer func() {
		if recover() != nil {
			*diags = append(*diags, unplaced("Configuration cannot be evaluated",
				"The HCL library cannot handle something in it. Please report this, with the file."))
		}
	}()
	f()
	return true
}
