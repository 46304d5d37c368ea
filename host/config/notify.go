package config

import (
	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// maxFailures is how many failures in a row a rule counts at most.
const maxFailures = 1000

// rule is a notify block: on which occasions of a schedule its action is run.
type rule struct {
	name     string
	at       declaration
	call     call
	failures int // in a row; 0: not asked for
	recovery bool
	missed   bool
}

func notifyGrammar() grammar {
	return grammar{
		shape: ownShape(schema.Body{Attributes: []schema.Attribute{
			{Name: "after_failures", Type: schema.Integer},
			{Name: "on_recovery", Type: schema.Bool},
			{Name: "on_missed", Type: schema.Bool},
		}}),
		blocks: []hcl.BlockHeaderSchema{{Type: "action", LabelNames: []string{"type"}}},
	}
}

// notify evaluates all notify blocks but for the arguments of their actions.
func (l *loader) notify() hcl.Diagnostics {
	g := notifyGrammar()
	var diags hcl.Diagnostics
	for _, b := range l.blocks["notify"] {
		r, found := l.rule(g, b)
		if diags = append(diags, found...); !found.HasErrors() {
			l.config.rules = append(l.config.rules, r)
		}
	}
	return diags
}

func (l *loader) rule(g grammar, b block) (*rule, hcl.Diagnostics) {
	ctx := l.scope.of(b.source)
	content, diags := g.content(b.Body)
	m, found := g.members(content, ctx, l.sources)
	diags = append(append(diags, nameOf(b)...), found...)
	actions := content.Blocks
	switch {
	case len(actions) == 0 && !diags.HasErrors():
		diags = append(diags, wrong(content.MissingItemRange, "Missing action block",
			"A notify block needs one action block: it says what to do."))
	case len(actions) > 1:
		diags = append(diags, wrong(actions[1].DefRange, "Duplicate action block",
			"A notify block runs one action, and there is one already, at %s. Use another notify block for this one.", place(actions[0].DefRange)))
	}
	if diags.HasErrors() {
		return nil, diags
	}
	r := &rule{
		name:     b.label(),
		at:       declaration{l.sources, b, content, ctx},
		failures: m.number("after_failures"),
		recovery: m.flag("on_recovery"),
		missed:   m.flag("on_missed"),
	}
	r.call = call{at: &r.at, block: actions[0], follow: true}
	diags = append(diags, m.within(content, "after_failures", 1, maxFailures, b.DefRange)...)
	if !diags.HasErrors() && r.failures == 0 && !r.recovery && !r.missed {
		diags = append(diags, wrong(b.DefRange, "Notifies of nothing",
			"Set at least one of after_failures, on_recovery = true and on_missed = true."))
	}
	return r, diags
}

// followUps are what the rule adds to a schedule.
func (r *rule) followUps() []schedule.FollowUp {
	var list []schedule.FollowUp
	add := func(asked bool, on schedule.On, after int) {
		if asked {
			list = append(list, schedule.FollowUp{
				Name: "notify." + r.name + "." + string(on), On: on, After: after,
				Action: &schedule.Action{Type: r.call.typ()},
			})
		}
	}
	add(r.failures > 0, schedule.OnFailures, r.failures)
	add(r.recovery, schedule.OnRecovery, max(1, r.failures))
	add(r.missed, schedule.OnMissed, 0)
	return list
}

// sum adds the meaning of a rule.
func (r *rule) sum(m meaning) {
	m.text("notify", r.name, r.call.typ())
	m.data([]any{r.failures, r.recovery, r.missed})
	m.body(r.call.block.Body, ruleScope(r.at.ctx))
}
