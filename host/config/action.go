package config

import (
	"maps"
	"slices"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// Action is an action that a schedule may run, by the type in its block.
type Action struct {
	Plugin    string      // that offers it
	Arguments schema.Body // what its block may hold
}

// Schedules types the action blocks by what the plugins offer, and completes
// the schedules. Those with errors are left out.
func (c *Config) Schedules(actions map[string]Action) ([]*Schedule, Diagnostics) {
	t := typing{config: c, actions: actions, shapes: make(map[string]*shape)}
	guard(&t.diags, t.all)
	return t.schedules, c.sources.report(t.diags)
}

// typing types the actions of all drafts.
type typing struct {
	config    *Config
	actions   map[string]Action
	shapes    map[string]*shape // by type of action; nil: unusable
	schedules []*Schedule
	diags     hcl.Diagnostics
	mistakes  int // schedules with errors
}

func (t *typing) all() {
	for _, d := range t.config.drafts {
		if t.mistakes > maxDiagnostics {
			return // the same one again and again
		}
		a, ok := t.actions[d.typ()]
		if !ok {
			t.mistakes++
			t.diags = append(t.diags, within(d.at.ctx, hcl.Diagnostics{t.unknown(d)})...)
			continue
		}
		if sh := t.shape(d, a); sh != nil {
			s, diags := newSchedule(d, a.Plugin, sh)
			t.diags = append(t.diags, diags...)
			switch {
			case diags.HasErrors():
				t.mistakes++
			case !d.broken:
				t.schedules = append(t.schedules, s)
			}
		}
	}
}

// shape makes the shape of an action once, and reports once that it cannot be
// made.
func (t *typing) shape(d *draft, a Action) *shape {
	typ := d.typ()
	if sh, made := t.shapes[typ]; made {
		return sh
	}
	sh, err := newShape(a.Arguments)
	if err != nil {
		t.diags = append(t.diags, wrong(d.action.DefRange, "Unusable action",
			"The schema that plugin %q publishes for action %q is not valid: %s.", a.Plugin, typ, err))
	}
	t.shapes[typ] = sh
	return sh
}

func (t *typing) unknown(d *draft) *hcl.Diagnostic {
	typ := d.typ()
	known := slices.Collect(maps.Keys(t.actions))
	hint := didYouMean(typ, slices.Sorted(slices.Values(known)))
	switch {
	case slices.Contains(t.config.bundled, typ) && !t.config.declares(typ):
		hint = " The bundled plugin of that name is not declared; add the block plugin \"" + typ + "\"."
	case hint == "" && len(known) > 0:
		hint = " There are: " + listed(known) + ". If a plugin that is not declared offers it, add its plugin block."
	case hint == "" && len(t.config.Plugins) == 0:
		hint = " No plugin is declared; add the block plugin \"" + typ + "\" if a plugin of that name offers it."
	}
	return wrong(d.action.LabelRanges[0], "Unknown action", "No declared plugin offers an action %q.%s", typ, hint)
}

// declares tells whether there is a plugin block with the name.
func (c *Config) declares(name string) bool {
	return slices.ContainsFunc(c.Plugins, func(p *Plugin) bool { return p.Name == name })
}
