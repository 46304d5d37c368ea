package cutover

import (
	"strings"
	"testing"

	"butlerd/host/schedule"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	b := Schedule{ID: "a", Cron: "0 6 * 0-5 *", TaskID: "T", Started: true}
	h := Schedule{ID: "a", Cron: "0 6 * 1-6 *", TaskID: "t"}
	d := schedule.Definition{ID: "a", Cron: "0 6 * 1-6 *", Timezone: "Europe/Stockholm", Startup: schedule.StartupLast}
	tests := map[string]struct {
		change   func(s *Sides)
		want     string // empty: none
		blocking bool
	}{
		"none":                       {func(*Sides) {}, "", false},
		"written otherwise":          {func(s *Sides) { s.Butler[0].Cron = " 0  6 * 0,1,2,3,4,5 *" }, "", false},
		"months that are as before":  {func(s *Sides) { s.Butler[0].Cron = "0 6 * 1-6 *" }, "Butler's cron", true},
		"another cron":               {func(s *Sides) { s.Butler[0].Cron = "0 7 * 0-5 *" }, "Butler's cron", true},
		"a configuration not loaded": {func(s *Sides) { s.Here[0].Cron = "0 7 * 1-6 *" }, "has it loaded it?", true},
		"another task":               {func(s *Sides) { s.Butler[0].TaskID = "U" }, "starts the task", true},
		"only in Butler":             {func(s *Sides) { s.Declared = nil }, "the configuration has not", true},
		"only in Butler, stopped":    {func(s *Sides) { s.Declared, s.Butler[0].Started = nil, false }, "the configuration has not", false},
		"not in butlerd":             {func(s *Sides) { s.Here = nil }, "does not have it", true},
		"only in the configuration":  {func(s *Sides) { s.Butler = nil }, "only the configuration", false},
		"twice in Butler":            {func(s *Sides) { s.Butler = append(s.Butler, b) }, "twice", true},
		"started on both":            {func(s *Sides) { s.Here[0].Started = true }, "started on both sides now", false},
		"that stops at a restart":    {func(s *Sides) { s.Declared[0].Startup = schedule.StartupStopped }, "will stop it", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Sides{Butler: []Schedule{b}, Here: []Schedule{h}, Declared: []schedule.Definition{d}}
			tt.change(&s)
			got := s.Differences()
			if tt.want == "" {
				if len(got) > 0 || len(s.Common()) != 1 {
					t.Errorf("got %+v", got)
				}
				return
			}
			if len(got) != 1 || !strings.Contains(got[0].Text, tt.want) || got[0].Blocking != tt.blocking {
				t.Errorf("got %+v", got)
			}
		})
	}
}
