package butler

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"butlerd/host/finding"
	"butlerd/host/schedule"
)

// TestTranslate compares when expressions fire with what Butler's own library (cron
// 1.8.2 of npm) says of them: the first times in 2026, by UTC. One that it refuses has
// none.
func TestTranslate(t *testing.T) {
	t.Parallel()
	var list []struct {
		Expr  string
		Fires []int64
	}
	if err := json.Unmarshal(file(t, "cron-1.8.2.json"), &list); err != nil {
		t.Fatal(err)
	}
	for _, tt := range list {
		got, err := translate(tt.Expr)
		if len(tt.Fires) == 0 || err != nil {
			if err == nil || len(tt.Fires) > 0 {
				t.Errorf("%s: %+v, %v; want times %v", tt.Expr, got, err, tt.Fires)
			}
			continue
		}
		spec, err := schedule.Parse(got.expr, "UTC")
		if err != nil {
			t.Errorf("%s became %s: %v", tt.Expr, got.expr, err)
			continue
		}
		var fires []int64
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range tt.Fires {
			at = spec.Next(at)
			fires = append(fires, at.Unix())
		}
		if !slices.Equal(fires, tt.Fires) {
			t.Errorf("%s became %s: it fires at\n%v, want\n%v", tt.Expr, got.expr, fires, tt.Fires)
		}
	}
}

// A day that no month has, beside a weekday: Butler fired on 1 February too.
func TestConvertTellsOfDatesThatWereMoved(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]bool{"0 0 6 30 1 1": true, "0 6 30 1 1": true, "0 6 30 2 1": false, "0 6 1 1 *": false} {
		_, report, err := Convert(Input{ServerTimezone: "UTC", Schedules: []Schedule{{ID: "a", Name: "a", Cron: expr, StartupState: "started", TaskID: "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"}}})
		if err != nil {
			t.Fatal(err)
		}
		got := slices.ContainsFunc(report, func(f finding.Finding) bool {
			return f.Kind == finding.Trap && strings.Contains(f.Text, "moved it to another day")
		})
		if got != want {
			t.Errorf("%s: %v, want %v: %v", expr, got, want, report)
		}
	}
}
