package audit

import (
	"strings"
	"testing"

	"butlerd/host/run"
)

func TestSealsThatWereRemovedAtTheEndAreFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*ledger)
		want   string // the day; empty: nothing is off
	}{
		"none":                   {func(*ledger) {}, ""},
		"the latest, soon after": {func(l *ledger) { l.seals = l.seals[:3] }, ""},
		"the latest two":         {func(l *ledger) { l.seals = l.seals[:2] }, "2026-03-29"},
		"all":                    {func(l *ledger) { l.seals = nil }, "2026-03-27"},
		"a host has just come back": {func(l *ledger) {
			l.seals = l.seals[:1]
			for i := range l.firings {
				if f := &l.firings[i]; !f.SettledAt.Before(day(2)) {
					f.Outcome, f.Reason, f.RunID, f.HoldID, f.SettledAt = run.Missed, run.ReasonHostDown, "", "", hour(119)
				}
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := sealed(t)
			tt.change(l)
			var got []string
			for _, f := range verify(t, l, Options{}).Findings {
				if strings.Contains(f.Text, "over and not sealed") {
					got = append(got, *f.Day)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("days %v, want %q", got, tt.want)
			}
		})
	}
}
