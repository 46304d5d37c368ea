package config

import (
	"encoding/json"

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
			{Name: "cron", Type: schema.String, Required: true},
			{Name: "timezone", Type: schema.String},
			{Name: "tags", Type: schema.ListOf(schema.String)},
			{Name: "startup_state", Type: schema.String, Default: json.RawMessage(`"started"`), Enum: []string{"started", "stopped", "last"}},
			{Name: "overlap", Type: schema.String, Default: json.RawMessage(`"skip"`), Enum: []string{"skip", "allow"}},
			{Name: "timeout", Type: schema.Duration},
		}}),
		blocks: []hcl.BlockHeaderSchema{{Type: "action", LabelNames: []string{"type"}}, {Type: "placement"}},
		raw:    []string{"for_each"},
	}
}

// draft is a schedule of which all is known but its arguments.
type draft struct {
	at         declaration
	action     *hcl.Block
	definition schedule.Definition
	broken     bool // it has errors, and its arguments are only checked
}

// schedules evaluates all schedule blocks but for the arguments of their
// actions.
func (l *loader) schedules() hcl.Diagnostics {
	b := drafting{loader: l, grammar: scheduleGrammar(), placements: placementGrammar(), ids: make(map[string]hcl.Range)}
	for _, k := range l.blocks["schedule"] {
		b.block(k)
	}
	l.config.drafts = b.drafts
	return b.diags
}

type drafting struct {
	*loader
	grammar    grammar
	placements grammar
	ids        map[string]hcl.Range // of all schedules so far
	drafts     []*draft
	diags      hcl.Diagnostics
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
			"A schedule runs one action, and there is one already, at %s.", place(actions[0].DefRange)))
	}
	if p := content.Blocks.OfType("placement"); len(p) > 1 {
		b.fail(wrong(p[1].DefRange, "Duplicate placement block",
			"There is one already, at %s. One block may ask for several labels.", place(p[0].DefRange)))
	}
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
		return diags
	}
	d.definition = definition(m, in.id)
	d.definition.Action.Type = d.typ()
	if d.definition.Timezone == "" {
		d.definition.Timezone = b.config.Host.Timezone
	}
	diags = append(diags, d.check(m)...)
	diags = append(diags, b.placement(d)...)
	diags = append(diags, b.checkCron(d)...)
	return append(diags, b.claim(d)...)
}

func definition(m members, id string) schedule.Definition {
	def := schedule.Definition{
		ID:          id,
		Description: m.text("description"),
		Cron:        m.text("cron"),
		Timezone:    m.text("timezone"),
		Tags:        m.list("tags"),
		Startup:     schedule.Startup(m.text("startup_state")),
		Overlap:     schedule.Overlap(m.text("overlap")),
		Timeout:     m.duration("timeout"),
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

// check checks the texts of a draft.
func (d *draft) check(m members) hcl.Diagnostics {
	content, label := d.at.content, d.at.block.labelRange()
	var diags hcl.Diagnostics
	text := func(attribute, value string) {
		if reason := badName(value); reason != "" {
			diags = append(diags, wrong(written(content, attribute, label), "Invalid "+attribute, "The %s of a schedule %s.", attribute, reason))
		}
	}
	text("id", d.definition.ID)
	if content.Attributes["name"] != nil {
		text("name", d.definition.Name)
	}
	for i, tag := range d.definition.Tags {
		if reason := badName(tag); reason != "" {
			at := exprAt(content.Attributes["tags"].Expr, schema.Path{i}, d.at.ctx)
			diags = append(diags, wrong(at, "Invalid tag", "A tag %s.", reason))
		}
	}
	return append(diags, m.atLeast(content, "timeout", 0, label)...)
}

// claim makes sure that the id is the only one of its kind.
func (b *drafting) claim(d *draft) hcl.Diagnostics {
	at := written(d.at.content, "id", d.at.block.labelRange())
	id := d.definition.ID
	before, taken := b.ids[id]
	if !taken {
		b.ids[id] = at
		return nil
	}
	if before == at {
		return hcl.Diagnostics{wrong(at, "Duplicate schedule", "Every element of the for_each gets the id %q. Put each.key into it.", id)}
	}
	return hcl.Diagnostics{wrong(at, "Duplicate schedule", "The id %q is taken already, at %s. Each schedule needs its own.", id, place(before))}
}

// typ is the type of the action.
func (d *draft) typ() string { return d.action.Labels[0] }

// meaning is the fingerprint of what is known of a draft.
func (d *draft) meaning() string {
	m := newMeaning(d.at.sources)
	m.data(d.definition)
	m.body(d.action.Body, runScope(d.at.ctx, d.definition))
	return m.name()
}
