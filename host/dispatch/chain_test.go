package dispatch

import (
	"testing"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
)

func TestChainedRun(t *testing.T) {
	t.Parallel()
	inBubble(t, "starts as the run that it waited for ends, be the schedule one that skips", func(t *testing.T) {
		f := setupFollowed(t)
		const takes = 10*time.Minute + 7*time.Second
		f.executor.do = func(ctx ctx, c plugin.Call, s sink) run.Ending {
			if c.ScheduleID == "second" {
				return work(takes)(ctx, c, s)
			}
			return run.Ending{Status: run.StatusSucceeded}
		}
		f.addFollowed(t, "first", schedule.FollowUp{Name: "on_success", On: schedule.OnSuccess, Start: []string{"second"}})
		f.add(t, "second", nil)
		f.fire("first", "second")
		begun := time.Now()
		time.Sleep(time.Hour)
		calls := f.executor.made()
		if len(calls) != 3 || calls[2].ScheduleID != "second" || calls[2].StartedAt.Sub(begun) != takes {
			t.Errorf("calls = %+v", calls)
		}
	})
}
