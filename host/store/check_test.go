package store

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	long, wide := strings.Repeat("x", MaxText+1), strings.Repeat("x", MaxDocument+1)
	named := func(id string) Schedule { return Schedule{Definition: schedule.Definition{ID: id}} }
	for name, tt := range map[string]struct {
		err  error
		want string // a part of the error; empty: none
	}{
		"a claim":                         {Claim{Due: []Due{{RunID: "r"}, {Missed: run.ReasonLate}}}.Check(), ""},
		"a claim without a run's id":      {Claim{Due: []Due{{ScheduleID: "s"}}}.Check(), `schedule "s": the run has no id`},
		"a claim by too long a host":      {Claim{HostID: long}.Check(), "too large"},
		"a claim of too long an id":       {Claim{Due: []Due{{RunID: long}}}.Check(), "too large"},
		"a trigger":                       {Trigger{Run: run.Run{ID: "r"}}.Check(), ""},
		"a trigger without a run's id":    {Trigger{}.Check(), "no id"},
		"a trigger with too long a key":   {Trigger{Run: run.Run{ID: "r", IdempotencyKey: long}}.Check(), "too large"},
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
