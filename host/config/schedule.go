package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// Schedule is a schedule declared in a file, or one of those that its for_each
// makes. It does not change, and is safe for concurrent use.
type Schedule struct {
	// Definition is fit to be shown: in the arguments secrets read "(secret)",
	// and what is known only at an attempt is absent.
	schedule.Definition

	draft  *draft
	shape  *shape
	plugin string
	known  []byte
	sealed bool // known is all there is to know
	sum    [sha256.Size]byte
}

func newSchedule(d *draft, plugin string, sh *shape) (*Schedule, hcl.Diagnostics) {
	s := &Schedule{Definition: d.definition, draft: d, shape: sh, plugin: plugin}
	ctx := runScope(d.at.ctx, d.definition)
	v, diags := sh.decodeDynamic(d.action.Body, ctx, d.at.sources)
	if diags.HasErrors() {
		return nil, diags
	}
	d.at.sources.secrets.addMarked(v)
	s.sealed = v.IsWhollyKnown()
	var err error
	if s.known, err = document(v); err == nil {
		s.Action.Arguments = s.known
		if holdsSecret(v) {
			s.Action.Arguments, err = masked(v)
		}
	}
	if err != nil {
		return nil, append(diags, wrong(d.action.DefRange, "Arguments cannot be sent", "%s.", sentence(err)))
	}
	s.sum = s.meaning(ctx)
	return s, diags
}

// meaning sums up the schedule with its secrets.
func (s *Schedule) meaning(ctx *hcl.EvalContext) [sha256.Size]byte {
	m := newMeaning(s.draft.at.sources)
	m.data(s.Definition)
	m.text(s.plugin, string(s.known))
	if !s.sealed {
		m.body(s.draft.action.Body, ctx)
	}
	return [sha256.Size]byte(m.Sum(nil))
}

// Origin is where the block starts: config.hcl:12.
func (s *Schedule) Origin() string { return place(s.draft.at.block.DefRange) }

// Plugin is the name of the plugin that offers the action.
func (s *Schedule) Plugin() string { return s.plugin }

// Known is what Bind makes as far as it is known at load: members that depend
// on facts are absent. It is for the plugin to validate; it may hold secrets,
// and must not be changed.
func (s *Schedule) Known() []byte { return s.known }

// Fingerprint names the evaluated meaning of the schedule, secrets included, so
// it must not be shown. Equal ones behave the same.
func (s *Schedule) Fingerprint() string { return hex.EncodeToString(s.sum[:]) }

// Bind makes the arguments of one attempt: one JSON object with every member
// of the schema, null where nothing is said. It may hold secrets, and must not
// be changed. What refers to no fact is made once at load. The error quotes no
// secret.
func (s *Schedule) Bind(f run.Facts) ([]byte, error) {
	if s.sealed {
		return s.known, nil
	}
	var doc []byte
	var diags hcl.Diagnostics
	guard(&diags, func() {
		var found hcl.Diagnostics
		doc, found = s.bind(f)
		diags = append(diags, found...)
	})
	if err := s.draft.at.sources.report(diags).Err(); err != nil {
		return nil, fmt.Errorf("evaluating the arguments of schedule %q: %w", s.ID, err)
	}
	return doc, nil
}

func (s *Schedule) bind(f run.Facts) ([]byte, hcl.Diagnostics) {
	d := s.draft
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		zone = time.UTC // cannot be: the zone was loaded before
	}
	v, diags := s.shape.decodeDynamic(d.action.Body, attemptScope(d.at.ctx, f, zone), d.at.sources)
	if diags.HasErrors() {
		return nil, diags
	}
	doc, err := document(v)
	if err != nil {
		diags = append(diags, wrong(d.action.DefRange, "Arguments cannot be sent", "%s.", sentence(err)))
	}
	return doc, diags
}

// Place finds where the plugin's findings about the arguments were written.
func (s *Schedule) Place(found []schema.Diagnostic) Diagnostics {
	return s.draft.at.place(s.draft.action, found)
}

// At is an error about an attribute or a block of the schedule, or about the
// whole when the name is empty or absent.
func (s *Schedule) At(name, summary, detail string) Diagnostics {
	return s.draft.at.error(name, summary, detail)
}
