package config

import (
	"encoding/json"
	"slices"

	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

func retryGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "attempts", Type: schema.Integer, Required: true},
		{Name: "backoff", Type: schema.Duration, Default: json.RawMessage(`"30s"`)},
		{Name: "max_backoff", Type: schema.Duration},
		{Name: "on", Type: schema.ListOf(schema.String)},
	}})}
}

// retry evaluates the retry block of a draft, and on_lost, which goes with it: lost
// in the one and retry in the other mean the same, and each stands for both.
func (b *drafting) retry(d *draft, m members) hcl.Diagnostics {
	k, diags := b.nested(d, "retry")
	if diags.HasErrors() {
		return diags
	}
	lost := schedule.OnLost(m.text("on_lost"))
	at := written(d.at.content, "on_lost", d.at.block.DefRange)
	if k == nil {
		if lost == schedule.OnLostRetry {
			diags = append(diags, wrong(at, "Missing retry block",
				"on_lost = \"retry\" needs a retry block, which says how often and after how long."))
		}
		return diags
	}
	on, found := k.retryOn(d.at.ctx)
	diags = append(diags, found...)
	where := slices.Index(on, schedule.RetryLost)
	switch {
	case where >= 0 && lost == schedule.OnLostFail:
		diags = append(diags, wrong(textAt(k.content, "on", where, d.at.ctx, k.at), "Contradiction",
			"on_lost = \"fail\" at %s says that a lost attempt is not followed by another one. Remove \"lost\" here, or on_lost there.", place(at)))
	case where < 0 && lost == schedule.OnLostRetry:
		on = append(on, schedule.RetryLost)
	}
	if slices.Contains(on, schedule.RetryLost) {
		d.definition.OnLost = schedule.OnLostRetry
	}
	d.definition.Retry = k.retry(on)
	return append(diags, k.checkRetry(d.definition.Retry)...)
}

// retry makes the policy of a retry block.
func (k *nested) retry(on []schedule.RetryOn) *schedule.Retry {
	r := &schedule.Retry{Attempts: k.number("attempts"), Backoff: k.duration("backoff"), On: ordered(on)}
	if _, set := k.get("max_backoff"); set {
		r.MaxBackoff = k.duration("max_backoff")
	} else {
		r.MaxBackoff = max(r.Backoff, usualBackoff)
	}
	return r
}

func (k *nested) checkRetry(r *schedule.Retry) hcl.Diagnostics {
	diags := k.within(k.content, "attempts", 2, maxAttempts, k.at)
	for _, d := range diags {
		d.Detail += " The first attempt counts too."
	}
	diags = append(diags, k.between(k.content, "backoff", minBackoff, maxBackoff, k.at)...)
	diags = append(diags, k.between(k.content, "max_backoff", minBackoff, maxBackoff, k.at)...)
	if !diags.HasErrors() && r.MaxBackoff < r.Backoff {
		diags = append(diags, wrong(written(k.content, "max_backoff", k.at), "Duration too short",
			"\"max_backoff\" must not be less than \"backoff\", which is %s.", short(r.Backoff)))
	}
	return diags
}

// ends are the ends of attempts that may be retried.
func ends() []schedule.RetryOn {
	return []schedule.RetryOn{schedule.RetryFailed, schedule.RetryTimedOut, schedule.RetryLost}
}

// ordered puts ends into the order of ends: that of the file has no meaning.
func ordered(on []schedule.RetryOn) []schedule.RetryOn {
	return slices.DeleteFunc(ends(), func(e schedule.RetryOn) bool { return !slices.Contains(on, e) })
}

// retryOn evaluates which ends of an attempt another one follows.
func (k *nested) retryOn(ctx *hcl.EvalContext) ([]schedule.RetryOn, hcl.Diagnostics) {
	if _, set := k.get("on"); !set {
		return []schedule.RetryOn{schedule.RetryFailed, schedule.RetryTimedOut}, nil
	}
	var names []string
	for _, e := range ends() {
		names = append(names, string(e))
	}
	var on []schedule.RetryOn
	var diags hcl.Diagnostics
	for i, name := range k.list("on") {
		at := textAt(k.content, "on", i, ctx, k.at)
		switch end := schedule.RetryOn(name); {
		case !slices.Contains(names, name):
			diags = append(diags, wrong(at, "Value not allowed", "An element of \"on\" must be one of %s.%s", listed(names), didYouMean(name, names)))
		case slices.Contains(on, end):
			diags = append(diags, wrong(at, "Duplicate name", "%q is in the list already.", name))
		}
		on = append(on, schedule.RetryOn(name))
	}
	if len(on) == 0 {
		diags = append(diags, wrong(written(k.content, "on", k.at), "Nothing is retried", "\"on\" needs at least one of %s.", listed(names)))
	}
	return on, diags
}
