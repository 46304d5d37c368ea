package main

import (
	"context"
	"encoding/json"
	"fmt"

	"butlerd/host"
)

// validate checks a configuration without a host: plugins are started to learn
// their schemas and to check arguments, but nothing remote is asked.
func (p *program) validate(ctx context.Context, args []string) error {
	fs := p.flags("validate")
	cf := addConfigFlags(fs)
	asJSON := fs.Bool("json", false, "print the problems as JSON")
	if err := parse(fs, args); err != nil {
		return err
	}
	plugins, err := bundled()
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	result := host.Validate(ctx, host.Options{Config: cf.options(p), Version: version(), Bundled: plugins})
	if *asJSON {
		err = p.printJSON(result)
	} else {
		result.Diagnostics.WriteText(p.stdout, isTerminal(p.stdout), 0)
		if result.Valid {
			fmt.Fprintf(p.stdout, "The configuration is valid: %d schedules, %d plugins.\n", result.Schedules, result.Plugins)
		}
	}
	if err == nil && !result.Valid {
		return errReported
	}
	return err
}

func (p *program) printJSON(v any) error {
	enc := json.NewEncoder(p.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
