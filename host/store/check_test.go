package store

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	long, wide := strings.Repeat("x", MaxText+1), strings.Repeat("x", MaxDocument+1)
	since, midnight := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	hash := strings.Repeat("ab", 32)
	named := func(id string) Schedule { return Schedule{Definition: schedule.Definition{ID: id}} }
	for name, tt := range map[string]struct {
		err  error
		want string // a part of the error; empty: none
	}{
		"a claim":                         {Claim{Due: []Due{{RunID: "r"}, {Missed: run.ReasonLate}}}.Check(), ""},
		"a claim without a run's id":      {Claim{Due: []Due{{ScheduleID: "s"}}}.Check(), `schedule "s": the run has no id`},
		"a claim by too long a host":      {Claim{HostID: long}.Check(), "too large"},
		"a claim of too long an id":       {Claim{Due: []Due{{RunID: long}}}.Check(), "too large"},
		"a trigger":                       {Trigger{Run: run.Run{ID: "r", ScheduleID: "s"}}.Check(), ""},
		"a trigger without a run's id":    {Trigger{}.Check(), "no id"},
		"a trigger with too long a key":   {Trigger{Run: run.Run{ID: "r", ScheduleID: "s", IdempotencyKey: long}}.Check(), "too large"},
		"a take":                          {Take{Limit: MaxPage, Except: []string{"s"}}.Check(), ""},
		"a take of nothing":               {Take{}.Check(), "limit 0"},
		"a take of too much":              {Take{Limit: MaxPage + 1}.Check(), "limit 1001"},
		"a take but for too long an id":   {Take{Limit: 1, Except: []string{long}}.Check(), "too large"},
		"a host":                          {Host{ID: "h"}.Check(), ""},
		"a host without an id":            {Host{}.Check(), "no id"},
		"a host of too long a name":       {Host{ID: "h", Name: long}.Check(), "too large"},
		"a host with too large a report":  {Host{ID: "h", Report: Report{Version: wide}}.Check(), "report: too large"},
		"an order":                        {Order{Kind: OrderDrain, HostID: "h"}.Check(), ""},
		"an order of nothing":             {Order{}.Check(), "there is no order"},
		"an order to too long a host":     {Order{Kind: OrderResume, HostID: long}.Check(), "too large"},
		"an end":                          {AttemptEnd{State: run.Lost, Result: json.RawMessage(wide[1:])}.Check(), ""},
		"an end that is open":             {AttemptEnd{State: run.Running}.Check(), `"running" is not a state that a run ends in`},
		"an end in no state":              {AttemptEnd{}.Check(), "is not a state"},
		"an end with too long an error":   {AttemptEnd{State: run.Lost, Error: long}.Check(), "too large"},
		"an end with too large a result":  {AttemptEnd{State: run.Lost, Result: json.RawMessage(wide)}.Check(), "the result: too large"},
		"an end with too long a line":     {AttemptEnd{State: run.Lost, Entries: []run.LogEntry{{RunID: "r", Seq: 7, Text: wide}}}.Check(), `log entry 7 of run "r"`},
		"an abandonment":                  {Abandon{State: run.Cancelled}.Check(), ""},
		"an abandonment that is open":     {Abandon{State: run.Waiting}.Check(), "is not a state"},
		"a change":                        {Change{Schedule: named("s")}.Check(), ""},
		"a change of no schedule":         {Change{}.Check(), "no id"},
		"a change of too long a name":     {Change{Schedule: named(long)}.Check(), "too large"},
		"a change that settles what ran":  {Change{Schedule: named("s"), Settle: []run.Firing{{Outcome: run.Ran}}}.Check(), `has the outcome "ran"`},
		"attributes that are too large":   {CheckLog([]run.LogEntry{{Attributes: json.RawMessage(wide)}}), "too large"},
		"a missed firing":                 {CheckFirings([]run.Firing{{Outcome: run.Missed}, {Outcome: run.Skipped}}), ""},
		"a firing without an outcome":     {CheckFirings([]run.Firing{{}}), "has the outcome"},
		"a firing of too long a schedule": {CheckFirings([]run.Firing{{Outcome: run.Missed, ScheduleID: long}}), "too large"},

		"a claim by a trigger":             {Claim{Due: []Due{{RunID: "r", Trigger: run.ByAPI}}}.Check(), "is not run by"},
		"a claim of too long a tag":        {Claim{Due: []Due{{RunID: "r", Tags: []string{long}}}}.Check(), "too large"},
		"a claim of too long a pool":       {Claim{Due: []Due{{RunID: "r", Policy: Policy{Pool: long}}}}.Check(), "too large"},
		"a claim of an unknown policy":     {Claim{Due: []Due{{RunID: "r", Policy: Policy{OnLost: "x"}}}}.Check(), "lost attempt"},
		"a claim of a negative wait":       {Claim{Due: []Due{{RunID: "r", Policy: Policy{MaxWait: -1}}}}.Check(), "negative"},
		"a trigger by a firing":            {Trigger{Run: run.Run{ID: "r", Trigger: run.ByFiring}}.Check(), "made by a claim"},
		"a trigger of too long a step":     {Trigger{Run: run.Run{ID: "r", ScheduleID: "s", Step: long}}.Check(), "too large"},
		"a trigger of no schedule":         {Trigger{Run: run.Run{ID: "r"}}.Check(), "either of a schedule"},
		"a trigger of both":                {Trigger{Run: run.Run{ID: "r", ScheduleID: "s", Work: &run.Work{}}}.Check(), "either of a schedule"},
		"a trigger that is not to wait":    {Trigger{Run: run.Run{ID: "r", Work: &run.Work{}}, Policy: Policy{Overlap: "queue"}}.Check(), "waits for no other"},
		"a take of a negative pool":        {Take{Limit: 1, Pools: map[string]int{"p": -1}}.Check(), "has -1 slots"},
		"an end with a negative wait":      {AttemptEnd{State: run.Failed, Again: &Again{MaxWait: -1}}.Check(), "waits -1ns at most"},
		"a hold":                           {Hold{ID: "h", All: true, Reason: "r", Since: since}.Check(), ""},
		"a hold of nothing":                {Hold{ID: "h", Reason: "r", Since: since}.Check(), "of 0 scopes"},
		"a hold of too much":               {Hold{ID: "h", Tag: "t", ScheduleID: "s", Reason: "r", Since: since}.Check(), "of 2 scopes"},
		"a hold without an id":             {Hold{All: true, Reason: "r", Since: since}.Check(), "no id"},
		"a hold without a reason":          {Hold{ID: "h", All: true, Since: since}.Check(), "no reason"},
		"a hold without a beginning":       {Hold{ID: "h", All: true, Reason: "r"}.Check(), "no beginning"},
		"a hold that ends before":          {Hold{ID: "h", All: true, Reason: "r", Since: since, Until: since}.Check(), "ends before"},
		"a hold that ends too late":        {Hold{ID: "h", All: true, Reason: "r", Since: since, Until: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -14*3600))}.Check(), "after the year 9999"},
		"a hold that is released":          {Hold{ID: "h", All: true, Reason: "r", Since: since, ReleasedAt: since}.Check(), "released already"},
		"a hold with too long a reason":    {Hold{ID: "h", All: true, Reason: long, Since: since}.Check(), "too large"},
		"a checkpoint":                     {Checkpoint{Data: json.RawMessage(`{"a":1}`)}.Check(), ""},
		"a checkpoint that is no object":   {Checkpoint{Data: json.RawMessage(`[1]`)}.Check(), "not a JSON object"},
		"a checkpoint that is null":        {Checkpoint{Data: json.RawMessage(`null`)}.Check(), "not a JSON object"},
		"a checkpoint that is too large":   {Checkpoint{Data: json.RawMessage(wide)}.Check(), "the checkpoint: too large"},
		"a seal":                           {Seal{Day: midnight, Hash: hash, Previous: hash}.Check(), ""},
		"a seal of a noon":                 {Seal{Day: since, Hash: hash}.Check(), "not a midnight"},
		"a seal without a hash":            {Seal{Day: midnight}.Check(), "hash"},
		"a seal with a hash in upper case": {Seal{Day: midnight, Hash: strings.ToUpper(hash)}.Check(), "hash"},
		"a seal after none such":           {Seal{Day: midnight, Hash: hash, Previous: "x"}.Check(), "hash of the seal before"},
		"a prune":                          {Prune{Before: since, Limit: MaxPage}.Check(), ""},
		"a prune of all":                   {Prune{Limit: 1}.Check(), "not said"},
		"a prune of too much":              {Prune{Before: since, Limit: MaxPage + 1}.Check(), "limit 1001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.want == "" && tt.err != nil || tt.want != "" && (tt.err == nil || !strings.Contains(tt.err.Error(), tt.want)) {
				t.Errorf("got the error %v, want %q", tt.err, tt.want)
			}
			if tt.want == "too large" && !errors.Is(tt.err, ErrTooLarge) {
				t.Errorf("%v is not ErrTooLarge", tt.err)
			}
			if tt.err != nil && len(tt.err.Error()) > 1000 {
				t.Errorf("the error itself has %d bytes", len(tt.err.Error()))
			}
		})
	}
}
