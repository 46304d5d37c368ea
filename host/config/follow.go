package config

import (
	"fmt"

	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// maxFollowUps is how many follow-ups a schedule has at most, those of its notify
// rules included: all of them may become runs when one run ends.
const maxFollowUps = 20

// draftStep is a follow-up of a draft that executes an action.
type draftStep struct {
	name string
	call call
	rule *rule // nil: the action is the schedule's own
}

// start is a place where a schedule says that it starts another one.
type start struct {
	id string
	at hcl.Range
}

// occasions are the blocks for follow-ups with what they stand for.
func occasions() map[string]schedule.On {
	return map[string]schedule.On{
		"on_success": schedule.OnSuccess,
		"on_failure": schedule.OnFailure,
		"on_end":     schedule.OnEnd,
	}
}

func followGrammar() grammar {
	return grammar{
		shape:  ownShape(schema.Body{}),
		blocks: []hcl.BlockHeaderSchema{{Type: "action", LabelNames: []string{"type"}}},
		raw:    []string{"start"},
	}
}

// followUps evaluates the on_success, on_failure and on_end blocks of a draft, and
// then what its notify rules add.
func (b *drafting) followUps(d *draft) hcl.Diagnostics {
	var diags hcl.Diagnostics
	on := occasions()
	for _, k := range d.at.content.Blocks {
		if occasion, ok := on[k.Type]; ok {
			diags = append(diags, b.occasion(d, k, occasion)...)
		}
	}
	names, found := named(d.at.content, "notify", "notify rule", b.ruleNames, d.at.ctx)
	if diags = append(diags, found...); diags.HasErrors() {
		return diags
	}
	for _, name := range names {
		r := b.rules[name]
		for _, f := range r.followUps() {
			d.definition.FollowUps = append(d.definition.FollowUps, f)
			d.steps = append(d.steps, draftStep{f.Name, r.call, r})
		}
	}
	if n := len(d.definition.FollowUps); n > maxFollowUps {
		diags = append(diags, wrong(d.at.block.DefRange, "Too many follow-ups",
			"There are %d actions and starts in on_success, on_failure, on_end and the notify rules together; at most %d are allowed.", n, maxFollowUps))
	}
	return diags
}

// occasion evaluates one block: what it starts is one follow-up, and each action
// in it is another one.
func (b *drafting) occasion(d *draft, k *hcl.Block, on schedule.On) hcl.Diagnostics {
	content, diags := b.follow.content(k.Body)
	list, found := texts(content, "start", d.at.ctx)
	if diags = append(diags, found...); diags.HasErrors() {
		return diags
	}
	if len(list) == 0 && len(content.Blocks) == 0 {
		return append(diags, wrong(k.DefRange, "Nothing follows",
			"%s needs start = [...] with the ids of other schedules, or an action block.", k.Type))
	}
	seen := make(map[string]bool)
	for i, id := range list {
		at := textAt(content, "start", i, d.at.ctx, k.DefRange)
		switch {
		case seen[id]:
			diags = append(diags, wrong(at, "Duplicate name", "The schedule %q is in the list already.", id))
		case id == d.definition.ID:
			diags = append(diags, wrong(at, "Schedule starts itself",
				"With this the schedule %q would run again and again. For another attempt after a failure there is the retry block.", id))
		default:
			d.starts = append(d.starts, start{id, at})
		}
		seen[id] = true
	}
	if len(list) > 0 {
		d.follow(k.Type, schedule.FollowUp{On: on, Start: list})
	}
	for _, action := range content.Blocks {
		name := d.follow(k.Type, schedule.FollowUp{On: on, Action: &schedule.Action{Type: action.Labels[0]}})
		d.steps = append(d.steps, draftStep{name, call{at: &d.at, block: action, follow: true}, nil})
	}
	return diags
}

// follow adds a follow-up under a name that no other of the schedule has:
// on_success, on_success.2 and so on.
func (d *draft) follow(typ string, f schedule.FollowUp) (name string) {
	n := 1
	for _, other := range d.definition.FollowUps {
		if other.On == f.On {
			n++
		}
	}
	if f.Name = typ; n > 1 {
		f.Name = fmt.Sprintf("%s.%d", typ, n)
	}
	d.definition.FollowUps = append(d.definition.FollowUps, f)
	return f.Name
}
