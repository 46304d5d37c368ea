package main

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/schedule"
)

// maxNext bounds what next prints.
const maxNext = 100_000

// next prints the coming instants of an expression, one per line.
func (p *program) next(_ context.Context, args []string) error {
	fs := p.flags("next")
	cron := fs.String("cron", "", "the `expression`: five fields, six with seconds first, or @hourly and the like")
	zone := fs.String("timezone", "", "an IANA time `zone`, such as Europe/Stockholm")
	from := fs.String("from", "", "start behind this instant, `RFC 3339` (default now)")
	count := fs.Int("count", 5, "how many instants")
	asJSON := fs.Bool("json", false, "print a JSON array")
	if err := parse(fs, args); err != nil {
		return err
	}
	if *cron == "" || *zone == "" {
		return usageError{"butlerd next: -cron EXPR and -timezone ZONE are needed"}
	}
	if *count < 1 || *count > maxNext {
		return usageError{fmt.Sprintf("butlerd next: -count %d is outside 1-%d", *count, maxNext)}
	}
	at, err := instant(*from)
	if err != nil {
		return err
	}
	spec, err := schedule.Parse(*cron, *zone)
	if err != nil {
		return err
	}
	return p.printInstants(upTo(spec, at, *count), *asJSON)
}

func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usageError{fmt.Sprintf("butlerd next: -from %q is not an instant in RFC 3339, such as 2026-03-01T00:00:00Z", text)}
	}
	return at, nil
}

func upTo(spec *schedule.Spec, at time.Time, count int) []string {
	list := []string{}
	for range count {
		if at = spec.Next(at); at.IsZero() {
			break
		}
		list = append(list, at.Format(time.RFC3339))
	}
	return list
}

func (p *program) printInstants(list []string, asJSON bool) error {
	if asJSON {
		return p.printJSON(list)
	}
	for _, at := range list {
		fmt.Fprintln(p.stdout, at)
	}
	return nil
}
