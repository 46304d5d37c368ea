package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
)

func TestLose(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	lost := run.Run{Attempts: 2, State: run.Lost, Reason: run.ReasonHostDied, EndedAt: at}
	for name, tt := range map[string]struct {
		kept    Kept
		resumes int
		want    run.Run
	}{
		"fail":                  {Kept{}, 0, lost},
		"retry":                 {Kept{OnLost: OnLostRetry, Attempts: 3, LostWait: time.Minute}, 0, run.Run{Attempts: 2, State: run.Waiting, ReadyAt: at.Add(time.Minute)}},
		"retry within the wait": {Kept{OnLost: OnLostRetry, Attempts: 3, LostWait: time.Minute, MaxWait: time.Hour}, 0, run.Run{Attempts: 2, State: run.Waiting, ReadyAt: at.Add(time.Minute), WaitUntil: at.Add(61 * time.Minute)}},
		"the last retry":        {Kept{OnLost: OnLostRetry, Attempts: 2}, 0, lost},
		"resume":                {Kept{OnLost: OnLostResume, MaxWait: time.Hour}, 0, run.Run{Attempts: 2, State: run.Waiting, ReadyAt: at.Add(LookWait), WaitUntil: at.Add(time.Hour + LookWait), Resume: 2}},
		"resume what resumed":   {Kept{OnLost: OnLostResume}, 1, run.Run{Attempts: 2, State: run.Waiting, ReadyAt: at.Add(LookWait), Resume: 1}},
		"the last look":         {Kept{OnLost: OnLostResume}, 1, run.Run{Attempts: 8, State: run.Waiting, ReadyAt: at.Add(LookWait), Resume: 1}},
		"a look too many":       {Kept{OnLost: OnLostResume}, 1, run.Run{Attempts: 9, State: run.Lost, Reason: run.ReasonHostDied, EndedAt: at}},
		"a look after tries":    {Kept{OnLost: OnLostResume, Attempts: 3}, 1, run.Run{Attempts: 10, State: run.Waiting, ReadyAt: at.Add(LookWait), Resume: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tt.kept.Lose(run.Run{Attempts: tt.want.Attempts, State: run.Running}, tt.want.Attempts, tt.resumes, at)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Lose() (-want +got):\n%s", diff)
			}
		})
	}
}
