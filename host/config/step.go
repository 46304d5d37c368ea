package config

import (
	"fmt"
	"slices"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// Step is a follow-up of a schedule that executes an action. It does not change,
// and is safe for concurrent use.
type Step struct {
	// Name is that of the follow-up in the definition of the schedule: "on_failure",
	// "notify.ops.missed".
	Name string
	// Rule names the notify block that the action is of; empty for a follow-up of the
	// schedule's own. All schedules with the same rule have its action in common.
	Rule string

	*binding
	schedule string // its id
	timezone string
}

// Action is the type of the action.
func (s *Step) Action() string { return s.typ() }

// Plugin is the name of the plugin that offers the action.
func (s *Step) Plugin() string { return s.plugin }

// Known is what Bind makes as far as it is known at load, as for a schedule.
func (s *Step) Known() []byte { return s.known }

// Bind makes the arguments of one attempt, as that of a schedule does. Facts
// without a parent give a parent of which nothing is known.
func (s *Step) Bind(f run.Facts) ([]byte, error) {
	doc, err := s.bind(f, s.timezone)
	if err != nil {
		return nil, fmt.Errorf("evaluating the arguments of %s of schedule %q: %w", s.Name, s.schedule, err)
	}
	return doc, nil
}

// Place finds where the plugin's findings about the arguments were written.
func (s *Step) Place(found []schema.Diagnostic) Diagnostics { return s.place(found) }

// At is an error about the whole action block.
func (s *Step) At(summary, detail string) Diagnostics {
	d := wrong(s.block.DefRange, summary, "%s", detail)
	return s.at.sources.report(within(s.at.ctx, hcl.Diagnostics{d}))
}

// withArguments are follow-ups with the arguments of their actions, fit to be
// shown.
func withArguments(list []schedule.FollowUp, steps []*Step) []schedule.FollowUp {
	list = slices.Clone(list)
	for i := range list {
		at := slices.IndexFunc(steps, func(s *Step) bool { return s.Name == list[i].Name })
		if at >= 0 {
			list[i].Action = &schedule.Action{Type: steps[at].Action(), Arguments: steps[at].shown}
		}
	}
	return list
}
