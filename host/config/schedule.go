package config

import (
	"butlerd/host/schedule"
	"butlerd/sdk/schema"
)

// Schedule is a schedule declared in a file, or one of those that its for_each
// makes. It does not change, and is safe for concurrent use.
type Schedule struct {
	// Definition is fit to be shown: in the arguments secrets read "(secret)",
	// and what is known only at an attempt is absent.
	schedule.Definition
}

// Schedules types the action blocks by what the plugins offer, and completes
// the schedules. Those with errors are left out.
func (c *Config) Schedules(actions map[string]Action) ([]*Schedule, Diagnostics) { return nil, nil }

// Origin is where the block starts: config.hcl:12.
func (s *Schedule) Origin() string { return "" }

// Plugin is the name of the plugin that offers the action.
func (s *Schedule) Plugin() string { return "" }

// Bind makes the arguments of one attempt: one JSON object with every member
// of the schema, null where nothing is said. It may hold secrets, and must not
// be changed. What refers to no fact is made once at load.
func (s *Schedule) Bind(f Facts) ([]byte, error) { return nil, nil }

// Known is what Bind makes as far as it is known at load: members that depend
// on facts are absent. It is for the plugin to validate; it may hold secrets.
func (s *Schedule) Known() []byte { return nil }

// Place finds where the plugin's findings about the arguments were written.
func (s *Schedule) Place(found []schema.Diagnostic) Diagnostics { return nil }

// At is an error about an attribute of the block, or about the whole block when
// the attribute is empty or absent.
func (s *Schedule) At(attribute, summary, detail string) Diagnostics { return nil }

// Fingerprint names the evaluated meaning of the schedule, secrets included, so
// it must not be shown. Equal ones behave the same.
func (s *Schedule) Fingerprint() string { return "" }
