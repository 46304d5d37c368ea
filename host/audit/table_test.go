package audit

import (
	"strings"
	"testing"

	"butlerd/host/schedule"
)

// What a version with another table of holidays owed cannot be recomputed: nothing is
// said of it but that.
func TestVersionsOfAnotherTableAreNotCompared(t *testing.T) {
	t.Parallel()
	l := sealed(t)
	for i := range l.versions {
		if v := &l.versions[i]; v.ID == "hourly" {
			v.More = &schedule.More{Exclude: []schedule.Calendar{{Name: "h", Holidays: []string{"SE"}, HolidayTable: "cal-1"}}}
		}
	}
	r := verify(t, l, Options{})
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.NotCompared != 4 || !strings.Contains(text.String(), "4 versions, whose holidays are of another table") {
		t.Errorf("%d not compared, found %v:\n%s", r.NotCompared, r.Findings, text.String())
	}
}
