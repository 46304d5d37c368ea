package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/sdk/schema"
)

// Schedule is a schedule declared in a file, or one of those that its for_each
// makes. It does not change, and is safe for concurrent use.
type Schedule struct {
	// Definition is fit to be shown: in the arguments secrets read "(secret)",
	// and what is known only at an attempt is absent.
	schedule.Definition

	draft *draft
	main  *binding
	steps []*Step
	sum   [sha256.Size]byte
}

// newSchedule completes a draft with its actions.
func newSchedule(d *draft, main *binding, steps []*Step) *Schedule {
	s := &Schedule{Definition: d.definition, draft: d, main: main, steps: steps}
	s.Action.Arguments = main.shown
	s.FollowUps = withArguments(d.definition.FollowUps, steps)
	s.sum = s.meaning()
	return s
}

// meaning sums up the schedule with its secrets.
func (s *Schedule) meaning() [sha256.Size]byte {
	m := newMeaning(s.draft.at.sources)
	m.data(s.Definition)
	m.text(string(s.main.digest))
	for _, step := range s.steps {
		m.text(step.Name, string(step.digest))
	}
	return [sha256.Size]byte(m.Sum(nil))
}

// Origin is where the block starts: config.hcl:12.
func (s *Schedule) Origin() string { return place(s.draft.at.block.DefRange) }

// Plugin is the name of the plugin that offers the action.
func (s *Schedule) Plugin() string { return s.main.plugin }

// Steps are the follow-ups that execute an action, in the order of FollowUps. The
// list must not be changed.
func (s *Schedule) Steps() []*Step { return s.steps }

// Known is what Bind makes as far as it is known at load: members that depend
// on facts are absent. It is for the plugin to validate; it may hold secrets,
// and must not be changed.
func (s *Schedule) Known() []byte { return s.main.known }

// Fingerprint names the evaluated meaning of the schedule, secrets included, so
// it must not be shown. Equal ones behave the same.
func (s *Schedule) Fingerprint() string { return hex.EncodeToString(s.sum[:]) }

// Bind makes the arguments of one attempt: one JSON object with every member
// of the schema, null where nothing is said. It may hold secrets, and must not
// be changed. What refers to no fact is made once at load. The error quotes no
// secret.
func (s *Schedule) Bind(f run.Facts) ([]byte, error) {
	doc, err := s.main.bind(f, s.Timezone)
	if err != nil {
		return nil, fmt.Errorf("evaluating the arguments of schedule %q: %w", s.ID, err)
	}
	return doc, nil
}

// Place finds where the plugin's findings about the arguments were written.
func (s *Schedule) Place(found []schema.Diagnostic) Diagnostics { return s.main.place(found) }

// At is an error about an attribute or a block of the schedule, or about the
// whole when the name is empty or absent.
func (s *Schedule) At(name, summary, detail string) Diagnostics {
	return s.draft.at.error(name, summary, detail)
}
