package api

import (
	"strings"
	"testing"
)

// The list says what is in force, whatever it has said before.
func TestListIsUpToDate(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	var ids []string
	for range 3 {
		a := b.send("POST", "/v4/schedules", newSchedule, asJSON)
		ids = append(ids, parseJSON(t, a.Body).(map[string]any)["id"].(string))
	}
	states := func() string {
		var list []string
		for _, s := range parseJSON(t, b.send("GET", "/v4/schedules", "").Body).([]any) {
			list = append(list, s.(map[string]any)["lastKnownState"].(string))
		}
		return strings.Join(list, " ")
	}
	check := func(after, want string) {
		t.Helper()
		for range 2 { // encoded, and as kept
			if got := states(); got != want {
				t.Errorf("after %s: %q, not %q", after, got, want)
			}
		}
	}
	check("creating", "started started started")
	b.send("PUT", "/v4/schedules/"+ids[1]+"/stop", "")
	check("stopping", "started stopped started")
	b.send("DELETE", "/v4/schedules/"+ids[0], "")
	check("deleting", "stopped started")
	if n := len(b.listed.byID); n != 2 {
		t.Errorf("%d schedules are kept, of 2", n)
	}
	b.send("PUT", "/v4/schedules/startall", "")
	check("starting all", "started started")
	b.send("DELETE", "/v4/schedules/"+ids[1], "")
	b.send("DELETE", "/v4/schedules/"+ids[2], "")
	check("deleting all", "")
}
