package butler

import (
	"strings"
	"testing"
	"time"
)

// TestLargeFile converts many schedules.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	_, one, _ := strings.Cut(string(file(t, "schedules-two.yaml")), "\n")
	start := time.Now()
	list, err := ReadSchedules("s.yaml", []byte("butlerSchedule:\n"+strings.Repeat(one, 500)))
	if err != nil {
		t.Fatal(err)
	}
	text, _, err := Convert(Input{Schedules: list, ServerTimezone: "Europe/Stockholm"})
	if err != nil || strings.Count(string(text), "\nschedule ") != 1000 {
		t.Fatal(err)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %s", d) // a file that grows must not take for ever
	} else {
		t.Log(d)
	}
}
