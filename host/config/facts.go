package config

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// runScope adds run with facts that have a type and no value yet.
func runScope(ctx *hcl.EvalContext, def schedule.Definition) *hcl.EvalContext {
	return laterScope(ctx, cty.StringVal(def.ID), cty.StringVal(def.Name))
}

// laterScope is runScope for a schedule whose id and name are given.
func laterScope(ctx *hcl.EvalContext, id, name cty.Value) *hcl.EvalContext {
	later := cty.UnknownVal(cty.String).RefineNotNull()
	return child(ctx, "run", cty.ObjectVal(map[string]cty.Value{
		"id":            later,
		"schedule_id":   id,
		"schedule_name": name,
		"trigger":       later,
		"attempt":       cty.UnknownVal(cty.Number).RefineNotNull(),
		"due_at":        later,
		"started_at":    later,
	}))
}

// followScope is the scope of a follow-up of a schedule: run and parent, with facts
// that have a type and no value yet.
func followScope(ctx *hcl.EvalContext, def schedule.Definition) *hcl.EvalContext {
	return parentLater(runScope(ctx, def))
}

// ruleScope is followScope for the action of a notify block, which many schedules
// have in common.
func ruleScope(ctx *hcl.EvalContext) *hcl.EvalContext {
	later := cty.UnknownVal(cty.String).RefineNotNull()
	return parentLater(laterScope(ctx, later, later))
}

func parentLater(ctx *hcl.EvalContext) *hcl.EvalContext {
	text := cty.UnknownVal(cty.String).RefineNotNull()
	number := cty.UnknownVal(cty.Number).RefineNotNull()
	return child(ctx, "parent", cty.ObjectVal(map[string]cty.Value{
		"id":            text,
		"schedule_id":   text,
		"schedule_name": text,
		"state":         text,
		"reason":        text,
		"summary":       text,
		"error":         text,
		"due_at":        text,
		"ended_at":      text,
		"failures":      number,
		"missed":        number,
	}))
}

// attemptScope adds run with the facts of an attempt. Their times are text in
// RFC 3339, in the time zone of the schedule, so that formatdate gives the local
// day.
func attemptScope(ctx *hcl.EvalContext, f run.Facts, zone *time.Location) *hcl.EvalContext {
	return child(ctx, "run", cty.ObjectVal(map[string]cty.Value{
		"id":            cty.StringVal(f.RunID),
		"schedule_id":   cty.StringVal(f.ScheduleID),
		"schedule_name": cty.StringVal(f.ScheduleName),
		"trigger":       cty.StringVal(string(f.Trigger)),
		"attempt":       cty.NumberIntVal(int64(f.Attempt)),
		"due_at":        cty.StringVal(written3339(f.DueAt, zone)),
		"started_at":    cty.StringVal(written3339(f.StartedAt, zone)),
	}))
}

// parentOfAttempt adds parent with the facts of the run that a follow-up follows.
// Nothing in it is null, so that it can stand in any text: what does not apply is
// empty or 0.
func parentOfAttempt(ctx *hcl.EvalContext, p *run.Parent, zone *time.Location) *hcl.EvalContext {
	if p == nil {
		p = &run.Parent{} // a follow-up that was started by hand
	}
	return child(ctx, "parent", cty.ObjectVal(map[string]cty.Value{
		"id":            cty.StringVal(p.RunID),
		"schedule_id":   cty.StringVal(p.ScheduleID),
		"schedule_name": cty.StringVal(p.ScheduleName),
		"state":         cty.StringVal(string(p.State)),
		"reason":        cty.StringVal(string(p.Reason)),
		"summary":       cty.StringVal(p.Summary),
		"error":         cty.StringVal(p.Error),
		"due_at":        cty.StringVal(written3339(p.DueAt, zone)),
		"ended_at":      cty.StringVal(written3339(p.EndedAt, zone)),
		"failures":      cty.NumberIntVal(int64(p.Failures)),
		"missed":        cty.NumberIntVal(int64(p.Missed)),
	}))
}

// written3339 writes a time; one that is not known is empty.
func written3339(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.RFC3339)
}
