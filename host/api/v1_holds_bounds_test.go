package api

import (
	"strings"
	"testing"
	"time"
)

// What a hold says is printed as it is, and its end is shown in UTC.
func TestHoldsStayPrintable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	late := time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -14*60*60))
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for name, tt := range map[string]struct {
		ask  holdRequest
		want string // a part of the error; empty: none
	}{
		"an end in the year 10000 in UTC": {holdRequest{All: true, Reason: "x", Until: &late}, `"until" must be before the year 10000`},
		"the last end that there is":      {holdRequest{All: true, Reason: "x", Until: &last}, ""},
		"a reason that moves the cursor":  {holdRequest{All: true, Reason: "a\x1b[2Jb"}, `"reason" must not contain control characters`},
		"a reason of two lines":           {holdRequest{All: true, Reason: "a\nb"}, `"reason" must not contain control characters`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := ""
			if _, err := tt.ask.hold(now); err != nil {
				said = err.Error()
			}
			if (said == "") != (tt.want == "") || !strings.Contains(said, tt.want) {
				t.Errorf("error %q, want %q", said, tt.want)
			}
		})
	}
}
