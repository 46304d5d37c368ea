package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"time"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/schedule"
	"butlerd/host/simulate"
	"butlerd/plugins"
)

// simulateTimeout is how long a host may take: it reads how long runs took, and may
// have another simulation to end first.
const simulateTimeout = 4 * time.Minute

// simulateFlags are those of simulate.
type simulateFlags struct {
	*ledgerFlags
	from, to, zone *string
	asJSON         *bool
	svg            *string
}

// simulate plays an interval without running anything: the schedules in force at a
// host, or, with -config, those of a configuration.
func (p *program) simulate(ctx context.Context, args []string) error {
	fs := p.flags("simulate")
	f := simulateFlags{
		ledgerFlags: addLedgerFlags(fs),
		from:        fs.String("from", "", "play what is due after this `time`, a day, which begins at midnight of -timezone or of UTC, or RFC 3339 (default now)"),
		to:          fs.String("to", "", "and up to this `time` (default a week later); at most five years"),
		zone:        fs.String("timezone", "", "an IANA time `zone`, whose hours are reported (default that of the host block, else UTC)"),
		asJSON:      fs.Bool("json", false, "print JSON"),
		svg:         fs.String("svg", "", "write a picture to this `file`, and print nothing else"),
	}
	fs.Lookup("config").Usage = "a configuration `file or directory`, whose schedules are played instead of asking a host; may be repeated"
	names, err := parseNames(fs, args)
	if err != nil {
		return err
	}
	q, err := f.query(names)
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	report, err := p.simulated(ctx, f, q)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return err
	case *f.svg != "":
		return p.writePicture(*f.svg, report)
	case *f.asJSON:
		return p.printJSON(report)
	}
	return report.WriteText(p.stdout)
}

// query reads the flags. Days begin at midnight of the zone that is reported.
func (f simulateFlags) query(names []string) (q simulate.Query, err error) {
	if err := f.check("simulate"); err != nil {
		return q, err
	}
	if *f.asJSON && *f.svg != "" {
		return q, usageError{"butlerd simulate: -json prints, -svg writes a picture: give one of them"}
	}
	loc := time.UTC
	if *f.zone != "" {
		if loc, err = schedule.LoadZone(*f.zone); err != nil {
			return q, usageError{"butlerd simulate: -timezone: " + err.Error()}
		}
	}
	q = simulate.Query{Zone: *f.zone, Schedules: names}
	if q.From, err = dayOrInstant("from", *f.from, loc); err != nil {
		return q, err
	}
	q.To, err = dayOrInstant("to", *f.to, loc)
	return q, err
}

func dayOrInstant(name, text string, loc *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usageError{fmt.Sprintf("butlerd simulate: -%s %q is neither a day such as 2026-03-01 nor an instant in RFC 3339, such as 2026-03-01T00:00:00Z", name, text)}
	}
	return at, nil
}

func (p *program) simulated(ctx context.Context, f simulateFlags, q simulate.Query) (*simulate.Report, error) {
	if f.offline() {
		return p.simulatedConfig(ctx, f, q)
	}
	r, err := p.remote("simulate", f.address)
	if err != nil {
		return nil, err
	}
	values := url.Values{"schedule": q.Schedules}
	for name, at := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !at.IsZero() {
			values.Set(name, at.UTC().Format(time.RFC3339))
		}
	}
	if q.Zone != "" {
		values.Set("timezone", q.Zone)
	}
	report := &simulate.Report{}
	return report, r.query(values, simulateTimeout).get(ctx, "/api/v1/simulate", report)
}

// simulatedConfig plays a configuration. Plugins are not started.
func (p *program) simulatedConfig(ctx context.Context, f simulateFlags, q simulate.Query) (*simulate.Report, error) {
	options := f.options(p)
	options.Bundled = slices.Sorted(maps.Keys(plugins.Bundled()))
	c, diags := config.Load(options)
	if diags.HasErrors() {
		diags.WriteText(p.stderr, isTerminal(p.stderr), 0)
		return nil, errReported
	}
	return host.Simulate(ctx, c, q)
}

func (p *program) writePicture(file string, report *simulate.Report) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := report.WriteSVG(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Drawn to %s.\n", file)
	return err
}
