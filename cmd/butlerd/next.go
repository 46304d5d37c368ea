package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"time"

	"butlerd/host/schedule"
)

// maxNext bounds what next prints.
const maxNext = 100_000

// How many instants next prints when nothing else is said.
const (
	nextOfOne = 5
	nextOfAll = 20
)

// nextFlags are those of next.
type nextFlags struct {
	cron, zone  *string
	from, until *string
	count       *int
	asJSON      *bool
	config      *configFlags
}

// next prints the coming instants of an expression, or of the schedules of a
// configuration.
func (p *program) next(_ context.Context, args []string) error {
	fs := p.flags("next")
	f := nextFlags{
		cron:   fs.String("cron", "", "the `expression`, instead of a configuration: five fields, six with seconds first, or @hourly and the like"),
		zone:   fs.String("timezone", "", "an IANA time `zone` for -cron, such as Europe/Stockholm"),
		from:   fs.String("from", "", "start behind this instant, `RFC 3339` (default now)"),
		until:  fs.String("until", "", "end with this instant, `RFC 3339`"),
		count:  fs.Int("count", 0, fmt.Sprintf("how many instants, of all schedules together (default %d with -cron, else %d)", nextOfOne, nextOfAll)),
		asJSON: fs.Bool("json", false, "print a JSON array"),
		config: addConfigFlags(fs),
	}
	names, err := parseNames(fs, args)
	if err != nil {
		return err
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if given["count"] && (*f.count < 1 || *f.count > maxNext) {
		return usageError{fmt.Sprintf("butlerd next: -count %d is outside 1-%d", *f.count, maxNext)}
	}
	one := given["cron"] || given["timezone"]
	switch {
	case one && (*f.cron == "" || *f.zone == ""):
		return usageError{"butlerd next: -cron EXPR and -timezone ZONE are needed, both or none"}
	case one && (given["config"] || given["var"] || len(names) > 0):
		return usageError{"butlerd next: -cron and the schedules of a configuration exclude one another"}
	}
	from, until, err := f.instants()
	switch {
	case err != nil:
		return err
	case one:
		return p.nextOfCron(f, from, until)
	}
	return p.nextOfConfig(f, names, from, until)
}

// instants reads -from and -until; the latter may be the zero time.
func (f nextFlags) instants() (from, until time.Time, err error) {
	if from, err = instant("from", *f.from); err != nil {
		return from, until, err
	}
	if *f.from == "" {
		from = time.Now()
	}
	until, err = instant("until", *f.until)
	return from, until, err
}

func instant(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usageError{fmt.Sprintf("butlerd next: -%s %q is not an instant in RFC 3339, such as 2026-03-01T00:00:00Z", name, text)}
	}
	return at, nil
}

// nextOfCron prints the instants of an expression, one per line.
func (p *program) nextOfCron(f nextFlags, from, until time.Time) error {
	spec, err := schedule.Parse(*f.cron, *f.zone)
	if err != nil {
		return err
	}
	list := []string{}
	for range cmp.Or(*f.count, nextOfOne) {
		from = spec.Next(from)
		if from.IsZero() || !until.IsZero() && from.After(until) {
			break
		}
		list = append(list, from.Format(time.RFC3339))
	}
	if *f.asJSON {
		return p.printJSON(list)
	}
	for _, at := range list {
		fmt.Fprintln(p.stdout, at)
	}
	return nil
}
