package config

import (
	"slices"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// Action is an action that a schedule may run, by the type in its block.
type Action struct {
	Plugin    string      // that offers it
	Arguments schema.Body // what its block may hold
	Query     bool        // it is a question: no schedule may name it
}

// Schedules types the action blocks by what the plugins offer, and completes
// the schedules. Those with errors are left out.
func (c *Config) Schedules(actions map[string]Action) ([]*Schedule, Diagnostics) {
	t := typing{config: c, actions: actions, shapes: make(map[string]*shape), rules: make(map[*rule]*binding)}
	guard(&t.diags, t.all)
	return t.schedules, c.sources.report(t.diags)
}

// typing types the actions of all drafts.
type typing struct {
	config    *Config
	actions   map[string]Action
	shapes    map[string]*shape  // by type of action; nil: unusable
	rules     map[*rule]*binding // without those that have errors
	schedules []*Schedule
	diags     hcl.Diagnostics
	mistakes  int // schedules with errors
}

func (t *typing) all() {
	for _, r := range t.config.rules {
		if b := t.bind(r.call, ruleScope(r.at.ctx)); b != nil {
			t.rules[r] = b
		}
	}
	for _, d := range t.config.drafts {
		if t.mistakes > maxDiagnostics {
			return // the same one again and again
		}
		t.draft(d)
	}
}

// draft types all actions of a draft.
func (t *typing) draft(d *draft) {
	main := t.bind(d.main(), runScope(d.at.ctx, d.definition))
	steps := make([]*Step, 0, len(d.steps))
	for _, s := range d.steps {
		step := &Step{Name: s.name, schedule: d.definition.ID, timezone: d.definition.Timezone}
		if s.rule != nil {
			step.Rule, step.binding = s.rule.name, t.rules[s.rule]
		} else {
			step.binding = t.bind(s.call, followScope(d.at.ctx, d.definition))
		}
		if step.binding != nil {
			steps = append(steps, step)
		}
	}
	if main == nil || len(steps) < len(d.steps) {
		t.mistakes++
		return
	}
	if !d.broken {
		t.schedules = append(t.schedules, newSchedule(d, main, steps))
	}
}

// bind types one action; nil when there is something wrong with it.
func (t *typing) bind(c call, ctx *hcl.EvalContext) *binding {
	a, ok := t.actions[c.typ()]
	if !ok {
		t.diags = append(t.diags, within(c.at.ctx, hcl.Diagnostics{t.unknown(c)})...)
		return nil
	}
	if a.Query {
		t.diags = append(t.diags, within(c.at.ctx, hcl.Diagnostics{t.question(c, a)})...)
		return nil
	}
	sh := t.shape(c, a)
	if sh == nil {
		return nil
	}
	b, diags := newBinding(c, a.Plugin, sh, ctx)
	t.diags = append(t.diags, diags...)
	if diags.HasErrors() {
		return nil
	}
	return b
}

// shape makes the shape of an action once, and reports once that it cannot be
// made.
func (t *typing) shape(c call, a Action) *shape {
	typ := c.typ()
	if sh, made := t.shapes[typ]; made {
		return sh
	}
	sh, err := newShape(a.Arguments)
	if err != nil {
		t.diags = append(t.diags, wrong(c.block.DefRange, "Unusable action",
			"The schema that plugin %q publishes for action %q is not valid: %s.", a.Plugin, typ, err))
	}
	t.shapes[typ] = sh
	return sh
}

func (t *typing) unknown(c call) *hcl.Diagnostic {
	typ := c.typ()
	var known []string
	for other, a := range t.actions {
		if !a.Query {
			known = append(known, other)
		}
	}
	hint := didYouMean(typ, slices.Sorted(slices.Values(known)))
	switch {
	case slices.Contains(t.config.bundled, typ) && !t.config.declares(typ):
		hint = " The bundled plugin of that name is not declared; add the block plugin \"" + typ + "\"."
	case hint == "" && len(known) > 0:
		hint = " There are: " + listed(known) + ". If a plugin that is not declared offers it, add its plugin block."
	case hint == "" && len(t.config.Plugins) == 0:
		hint = " No plugin is declared; add the block plugin \"" + typ + "\" if a plugin of that name offers it."
	}
	return wrong(c.block.LabelRanges[0], "Unknown action", "No declared plugin offers an action %q.%s", typ, hint)
}

// question refuses a query in the place of an action.
func (t *typing) question(c call, a Action) *hcl.Diagnostic {
	return wrong(c.block.LabelRanges[0], "Query in place of an action",
		"%q is a question that the plugin %q answers for callers of the API: it does nothing that a schedule could run. Name an action.", c.typ(), a.Plugin)
}

// declares tells whether there is a plugin block with the name.
func (c *Config) declares(name string) bool {
	return slices.ContainsFunc(c.Plugins, func(p *Plugin) bool { return p.Name == name })
}
