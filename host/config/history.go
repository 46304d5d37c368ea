package config

import (
	"encoding/json"
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// History is how much of the past is kept. What is older than Keep goes, and of
// runs what is beyond the latest KeepRuns.
type History struct {
	Keep     time.Duration // default 90d
	KeepRuns int           // default 1000000
}

// The bounds of a history. With less than an hour nobody could look at what went
// wrong.
const (
	minKeep     = time.Hour
	maxKeep     = 36_500 * day
	minKeepRuns = 100
	maxKeepRuns = 1_000_000_000
)

func historyGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "keep", Type: schema.Duration, Default: json.RawMessage(`"90d"`)},
		{Name: "keep_runs", Type: schema.Integer, Default: json.RawMessage(`1000000`)},
	}})}
}

// history evaluates the history block; without one its defaults hold.
func (l *loader) history() hcl.Diagnostics {
	g := historyGrammar()
	body, ctx, at := hcl.EmptyBody(), l.scope.root, hcl.Range{}
	if b, ok := l.blocks.first("history"); ok {
		body, ctx, at = b.Body, l.scope.of(b.source), b.DefRange
	}
	content, diags := g.content(body)
	m, found := g.members(content, ctx, l.sources)
	if diags = append(diags, found...); diags.HasErrors() {
		return diags
	}
	l.config.History = History{Keep: m.duration("keep"), KeepRuns: m.number("keep_runs")}
	diags = append(diags, m.between(content, "keep", minKeep, maxKeep, at)...)
	return append(diags, m.within(content, "keep_runs", minKeepRuns, maxKeepRuns, at)...)
}
