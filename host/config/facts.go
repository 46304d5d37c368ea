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
	later := cty.UnknownVal(cty.String).RefineNotNull()
	return child(ctx, "run", cty.ObjectVal(map[string]cty.Value{
		"id":            later,
		"schedule_id":   cty.StringVal(def.ID),
		"schedule_name": cty.StringVal(def.Name),
		"trigger":       later,
		"attempt":       cty.UnknownVal(cty.Number).RefineNotNull(),
		"due_at":        later,
		"started_at":    later,
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
		"due_at":        cty.StringVal(f.DueAt.In(zone).Format(time.RFC3339)),
		"started_at":    cty.StringVal(f.StartedAt.In(zone).Format(time.RFC3339)),
	}))
}
