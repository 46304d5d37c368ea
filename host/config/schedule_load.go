package config

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

func scheduleGrammar() grammar {
	return grammar{
		shape: ownShape(schema.Body{Attributes: []schema.Attribute{
			{Name: "id", Type: schema.String},
			{Name: "name", Type: schema.String},
			{Name: "description", Type: schema.String},
			{Name: "created", Type: schema.String},
			{Name: "timezone", Type: schema.String},
			{Name: "starts_at", Type: schema.String},
			{Name: "ends_at", Type: schema.String},
			{Name: "jitter", Type: schema.Duration},
			{Name: "shift", Type: schema.String, Enum: []string{"skip", "next", "previous"}},
			{Name: "tags", Type: schema.ListOf(schema.String)},
			{Name: "startup_state", Type: schema.String, Default: json.RawMessage(`"started"`), Enum: []string{"started", "stopped", "last"}},
			{Name: "overlap", Type: schema.String, Default: json.RawMessage(`"skip"`), Enum: []string{"skip", "queue", "replace", "allow"}},
			{Name: "queue_limit", Type: schema.Integer},
			{Name: "timeout", Type: schema.Duration},
			{Name: "expected_duration", Type: schema.Duration},
			{Name: "on_lost", Type: schema.String, Enum: []string{"fail", "retry"}},
			{Name: "pool", Type: schema.String},
			{Name: "priority", Type: schema.Integer},
		}}),
		blocks: []hcl.BlockHeaderSchema{
			{Type: "action", LabelNames: []string{"type"}}, {Type: "placement"}, {Type: "catch_up"}, {Type: "retry"},
			{Type: "on_success"}, {Type: "on_failure"}, {Type: "on_end"},
		},
		raw: []string{"for_each", "cron", "at", "calendar", "exclude", "notify"},
	}
}

// draft is a schedule of which all is known but its arguments.
type draft struct {
	at         declaration
	action     *hcl.Block
	steps      []draftStep
	starts     []start
	definition schedule.Definition
	silent     bool // it has no instant that is still to come
	never      bool // it has no instants, and is not due unless others start it
	broken     bool // it has errors, and its arguments are only checked
}

// main is the action of the schedule itself.
func (d *draft) main() call { return call{at: &d.at, block: d.action} }

// schedules evaluates all schedule blocks but for the arguments of their
// actions.
func (l *loader) schedules() hcl.Diagnostics {
	b := drafting{
		loader:        l,
		grammar:       scheduleGrammar(),
		inner:         map[string]grammar{"placement": placementGrammar(), "catch_up": catchUpGrammar(), "retry": retryGrammar()},
		follow:        followGrammar(),
		rules:         make(map[string]*rule),
		calendarNames: slices.Sorted(maps.Keys(l.calendars)),
		ids:           make(map[string]hcl.Range),
		now:           time.Now(),
	}
	for _, r := range l.config.rules {
		b.rules[r.name] = r
	}
	b.ruleNames = slices.Sorted(maps.Keys(b.rules))
	for _, k := range l.blocks["schedule"] {
		b.block(k)
	}
	b.fail(b.chains()...)
	l.config.drafts = b.drafts
	return b.diags
}

type drafting struct {
	*loader
	grammar       grammar
	inner         map[string]grammar // of the blocks that may be there once
	follow        grammar
	rules         map[string]*rule
	ruleNames     []string             // sorted
	calendarNames []string             // sorted
	ids           map[string]hcl.Range // of all schedules so far
	now           time.Time
	drafts        []*draft
	diags         hcl.Diagnostics
}

func (b *drafting) fail(d ...*hcl.Diagnostic) { b.diags = append(b.diags, d...) }

func (b *drafting) block(k block) {
	content, diags := b.grammar.content(k.Body)
	b.fail(diags...)
	actions := content.Blocks.OfType("action")
	switch {
	case len(actions) == 0 && !diags.HasErrors():
		b.fail(wrong(content.MissingItemRange, "Missing action block", "A schedule needs one action block, such as action \"qlik-sense-reload\"."))
	case len(actions) > 1:
		b.fail(wrong(actions[1].DefRange, "Duplicate action block",
			"A schedule runs one action, and there is one already, at %s. What is to run after it belongs into an on_success, on_failure or on_end block.",
			place(actions[0].DefRange)))
	}
	b.once(content)
	if diags.HasErrors() || len(actions) != 1 {
		return
	}
	instances, diags := b.instances(k, content)
	b.fail(diags...)
	if len(b.drafts)+len(instances) > MaxSchedules {
		b.fail(wrong(k.DefRange, "Too many schedules", "There are more than %d.", MaxSchedules))
		return
	}
	mistakes := 0
	for _, in := range instances {
		if mistakes > maxDiagnostics {
			return // the same one again and again
		}
		d := &draft{at: declaration{b.sources, k, content, in.ctx}, action: actions[0]}
		b.drafts = append(b.drafts, d)
		found := within(in.ctx, b.complete(d, in))
		if d.broken = found.HasErrors(); d.broken {
			mistakes++
		}
		b.fail(found...)
	}
}

// complete evaluates the attributes of a draft.
func (b *drafting) complete(d *draft, in instance) hcl.Diagnostics {
	m, diags := b.grammar.members(d.at.content, in.ctx, b.sources)
	if diags.HasErrors() {
		b.ids[in.id] = d.at.block.labelRange() // others that name it are right
		return diags
	}
	d.definition = definition(m, in.id)
	d.definition.Action.Type = d.main().typ()
	if d.definition.Timezone == "" {
		d.definition.Timezone = b.config.Host.Timezone
	}
	diags = append(diags, d.check(m)...)
	diags = append(diags, b.placement(d)...)
	diags = append(diags, b.policies(d, m)...)
	diags = append(diags, b.followUps(d)...)
	diags = append(diags, b.timing(d, m)...)
	return append(diags, b.claim(d)...)
}

func definition(m members, id string) schedule.Definition {
	def := schedule.Definition{
		ID:          id,
		Description: m.text("description"),
		Timezone:    m.text("timezone"),
		Tags:        m.list("tags"),
		Startup:     schedule.Startup(m.text("startup_state")),
		Overlap:     schedule.Overlap(m.text("overlap")),
		Timeout:     m.duration("timeout"),
		Priority:    m.number("priority"),
		Expected:    m.duration("expected_duration"),
	}
	if v, ok := m.get("id"); ok {
		def.ID = v.AsString()
	}
	def.Name = def.ID
	if v, ok := m.get("name"); ok {
		def.Name = v.AsString()
	}
	return def
}

// meaning is the fingerprint of what is known of a draft.
func (d *draft) meaning() string {
	m := newMeaning(d.at.sources)
	d.sum(m, func(call) *sharing { return nil })
	return m.name()
}

// sum adds what is known of a draft, without the arguments of its notify rules:
// these many drafts have in common.
func (d *draft) sum(m meaning, sharingOf func(call) *sharing) {
	m.data(d.definition)
	m.sharing = sharingOf(d.main())
	m.body(d.action.Body, runScope(d.at.ctx, d.definition))
	for _, s := range d.steps {
		if s.rule == nil {
			m.sharing = sharingOf(s.call)
			m.text(s.name)
			m.body(s.call.block.Body, followScope(d.at.ctx, d.definition))
		}
	}
}
