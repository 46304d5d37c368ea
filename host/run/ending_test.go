package run

import "testing"

func TestSettle(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ending Ending
		state  State
		reason Reason
	}{
		"a success":                          {Ending{Status: StatusSucceeded}, Succeeded, None},
		"a success as the timeout passed":    {Ending{Status: StatusSucceeded, Cause: CauseTimeout}, Succeeded, None},
		"a failure":                          {Ending{Status: StatusFailed}, Failed, ReasonAction},
		"a failure brought about by timeout": {Ending{Status: StatusFailed, Cause: CauseTimeout}, TimedOut, ReasonTimeout},
		"a timeout":                          {Ending{Status: StatusCancelled, Cause: CauseTimeout}, TimedOut, ReasonTimeout},
		"a cancel over the API":              {Ending{Status: StatusCancelled, Cause: CauseCancelled}, Cancelled, ReasonCancelled},
		"a host that stops":                  {Ending{Status: StatusCancelled, Cause: CauseHostStopping}, Cancelled, ReasonHostStopping},
		"a host that lost its lease":         {Ending{Status: StatusCancelled, Cause: CauseLeaseLost}, Cancelled, ReasonLeaseLost},
		"a cancel nobody asked for":          {Ending{Status: StatusCancelled}, Failed, ReasonAction},
		"an action that cannot tell":         {Ending{Status: StatusLost}, Lost, ReasonUnknown},
		"lost, though cancelled":             {Ending{Status: StatusLost, Cause: CauseCancelled}, Lost, ReasonUnknown},
		"arguments that do not decode":       {Ending{Fault: FaultArguments}, Failed, ReasonArguments},
		"a plugin that is not there":         {Ending{Fault: FaultPluginDown}, Failed, ReasonPluginDown},
		"a plugin that died":                 {Ending{Fault: FaultPluginDied}, Lost, ReasonPluginDied},
		"a plugin that died when cancelled":  {Ending{Fault: FaultPluginDied, Cause: CauseCancelled}, Lost, ReasonPluginDied},
		"a plugin deaf to its context":       {Ending{Fault: FaultUnresponsive, Cause: CauseTimeout}, Lost, ReasonUnresponsive},
		"a call without a result":            {Ending{Fault: FaultNoResult}, Lost, ReasonNoResult},
		"nothing known at all":               {Ending{}, Lost, ReasonNoResult},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, reason := tt.ending.Settle()
			if state != tt.state || reason != tt.reason {
				t.Errorf("Settle() = %s, %q; want %s, %q", state, reason, tt.state, tt.reason)
			}
			if state.Open() {
				t.Errorf("Settle() left the attempt open in state %s", state)
			}
			if reason != None && reason.Text() == "" {
				t.Errorf("the reason %q has no text", reason)
			}
		})
	}
}
