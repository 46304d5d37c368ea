package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/schedule"
	"butlerd/host/shadow"
)

// Defaults and bounds of shadow.
const (
	defaultEvery     = time.Minute
	defaultTolerance = time.Minute
	minEvery         = time.Second
	maxEvery         = time.Hour
	minTolerance     = time.Second
	maxTolerance     = 15 * time.Minute
)

// planFlags are those of commands that compare a configuration with observations.
type planFlags struct {
	*configFlags
	dataDir    *string
	tolerance  *time.Duration
	allowExtra list
}

func addPlanFlags(fs *flag.FlagSet) *planFlags {
	f := &planFlags{
		configFlags: addConfigFlags(fs),
		dataDir:     fs.String("data-dir", "", "`directory` of the observations in place of the configured one"),
		tolerance:   fs.Duration("tolerance", defaultTolerance, "how much a start may be early or late, a `duration`; clocks may differ as much"),
	}
	fs.Var(&f.allowExtra, "allow-extra", "the id of a `task` whose regular starts come from elsewhere too, a trigger of Qlik Sense or a chain; may be repeated")
	return f
}

func (f *planFlags) check(command string) error {
	switch {
	case len(f.paths) == 0:
		return usageError{fmt.Sprintf("butlerd %s: -config FILE|DIR is needed", command)}
	case *f.tolerance < minTolerance || *f.tolerance > maxTolerance:
		return usageError{fmt.Sprintf("butlerd %s: -tolerance %s is outside %s to %s", command, *f.tolerance, minTolerance, maxTolerance)}
	}
	return nil
}

// question is what is to be judged of a plan.
func (f *planFlags) question(plan shadow.Plan) shadow.Question {
	q := shadow.Question{Plan: plan, Tolerance: *f.tolerance}
	for _, id := range f.allowExtra {
		q.AllowExtra = append(q.AllowExtra, strings.ToLower(id))
	}
	if zone := time.Local.String(); zone != "Local" {
		q.Zones = append(q.Zones, zone)
	}
	return q
}

// inquire loads the configuration with its plugins.
func (p *program) inquire(ctx context.Context, f *planFlags) (*host.Inquiry, error) {
	plugins, err := bundled()
	if err != nil {
		return nil, err
	}
	o := f.options(p)
	o.DataDir = *f.dataDir
	inquiry, diags, err := host.Inquire(ctx, host.Options{Config: o, Version: version(), Bundled: plugins})
	return inquiry, p.report(diags, err)
}

func definitions(all []*config.Schedule) []schedule.Definition {
	list := make([]schedule.Definition, len(all))
	for i, s := range all {
		list[i] = s.Definition
	}
	return list
}

// shadowFlags are those of shadow.
type shadowFlags struct {
	*planFlags
	lasting    *time.Duration
	every      *time.Duration
	file       *string
	asJSON     *bool
	reportOnly *bool
}

func (f *shadowFlags) check() error {
	switch {
	case *f.every < minEvery || *f.every > maxEvery:
		return usageError{fmt.Sprintf("butlerd shadow: -every %s is outside %s to %s", *f.every, minEvery, maxEvery)}
	case *f.lasting < 0:
		return usageError{"butlerd shadow: -for takes a duration such as 72h"}
	}
	return f.planFlags.check("shadow")
}

// shadow compares what the schedules of a configuration would start with what Qlik
// Sense says was started, and starts nothing.
func (p *program) shadow(ctx context.Context, args []string) error {
	fs := p.flags("shadow")
	f := &shadowFlags{
		planFlags:  addPlanFlags(fs),
		lasting:    fs.Duration("for", 0, "end after this `duration` (default with Ctrl-C)"),
		every:      fs.Duration("every", defaultEvery, "how often Qlik Sense is asked, a `duration`"),
		file:       fs.String("report", "", "write the report to this `file` too"),
		asJSON:     fs.Bool("json", false, "print findings and the report as JSON, one value per line"),
		reportOnly: fs.Bool("report-only", false, "print the report of what was observed, and end with status 1 unless there is parity"),
	}
	if err := parse(fs, args); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	inquiry, err := p.inquire(ctx, f.planFlags)
	if err != nil {
		return err
	}
	defer inquiry.Close()
	if *f.reportOnly {
		report, err := judged(inquiry, f.planFlags)
		if err != nil {
			return err
		}
		if err := p.printShadow(f, report); err != nil || report.Parity {
			return err
		}
		return errReported
	}
	return p.observe(ctx, f, inquiry)
}

// judged is the report of what has been observed so far. A shadow may be observing.
func judged(inquiry *host.Inquiry, f *planFlags) (*shadow.Report, error) {
	dir := inquiry.Config.Host.DataDir
	h, err := shadow.Read(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("nothing was observed in %s yet: run butlerd shadow without -report-only for some days", dir)
	}
	if err != nil {
		return nil, err
	}
	return shadow.Judge(h, f.question(shadow.NewPlan(definitions(inquiry.Schedules), shadow.Noted(h)))), nil
}

// observe watches until it is told to stop, and prints the report.
func (p *program) observe(ctx context.Context, f *shadowFlags, inquiry *host.Inquiry) error {
	j, err := shadow.Open(inquiry.Config.Host.DataDir)
	if err != nil {
		return err
	}
	plan := shadow.NewPlan(definitions(inquiry.Schedules), shadow.Asked(ctx, inquiry, j))
	p.announce(f, plan)
	watching := ctx
	if *f.lasting > 0 {
		var cancel context.CancelFunc
		watching, cancel = context.WithTimeout(ctx, *f.lasting)
		defer cancel()
	}
	observer := shadow.NewObserver(shadow.Options{
		Asker: inquiry, Journal: j, Plan: plan, Every: *f.every, Tolerance: *f.tolerance,
		Found:   func(found shadow.Finding) { p.printFinding(f, found) },
		Trouble: func(err error) { fmt.Fprintf(p.stderr, "butlerd: %s; it is asked again in %s\n", err, *f.every) },
	})
	if err := errors.Join(observer.Run(watching), j.Close()); err != nil {
		return err
	}
	return p.printShadow(f, shadow.Judge(j.History(), f.question(plan)))
}

func (p *program) announce(f *shadowFlags, plan shadow.Plan) {
	if *f.asJSON {
		return
	}
	fmt.Fprintf(p.stdout, "Comparing %d schedules with what Qlik Sense starts, every %s. Nothing is started. Ctrl-C prints the report.\n", len(plan.Schedules), *f.every)
	for _, l := range plan.Left {
		fmt.Fprintf(p.stdout, "Not compared: schedule %q: %s.\n", l.ID, l.Why)
	}
}

func (p *program) printFinding(f *shadowFlags, found shadow.Finding) {
	if !*f.asJSON {
		fmt.Fprintln(p.stdout, found)
		return
	}
	_ = json.NewEncoder(p.stdout).Encode(found) // nobody is there to be told
}

// printShadow prints the report, and writes it to the file that is named.
func (p *program) printShadow(f *shadowFlags, r *shadow.Report) error {
	var b bytes.Buffer
	write := func() error { return r.WriteText(&b) }
	if *f.asJSON {
		write = func() error { return json.NewEncoder(&b).Encode(r) }
	}
	if err := write(); err != nil {
		return err
	}
	_, err := p.stdout.Write(b.Bytes())
	if *f.file != "" {
		err = errors.Join(err, os.WriteFile(*f.file, b.Bytes(), 0o600))
	}
	return err
}
