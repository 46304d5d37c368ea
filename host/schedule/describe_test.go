package schedule

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	const zone = ", Europe/Stockholm"
	for _, tc := range []struct{ expr, want string }{
		// At one pace.
		{"* * * * * *", "every second"},
		{"*/5 * * * * *", "every 5 seconds"},
		{"0,30 * * * * *", "every 30 seconds"},
		{"* * * * *", "every minute"},
		{"*/15 * * * *", "every 15 minutes"},
		{"0 * * * *", "every hour"},
		{"@hourly", "every hour"},
		{"*/60 * * * *", "every hour"},
		{"0 */2 * * *", "every 2 hours" + zone},
		{"*/5 * * * * MON", "every 5 seconds on Monday" + zone},
		{"@every 90s", "every 90 seconds, counted from 1970-01-01T00:00:00Z"},
		{"@every 1h", "every hour, counted from 1970-01-01T00:00:00Z"},
		{"@every 24h", "every 24 hours, counted from 1970-01-01T00:00:00Z"},

		// At a few times.
		{"0 2 * * *", "at 02:00 every day" + zone},
		{"0 2 * * 1-5", "at 02:00 on Monday to Friday" + zone},
		{"30 15 10 * * *", "at 10:15:30 every day" + zone},
		{"0,30 2,14 * * *", "at 02:00, 02:30, 14:00 and 14:30 every day" + zone},
		{"@daily", "at 00:00 every day" + zone},
		{"@yearly", "at 00:00 on day 1 of January" + zone},

		// By field.
		{"30 * * * *", "at minute 30 of every hour" + zone},
		{"*/7 * * * *", "at minute */7 of every hour" + zone},
		{"0 9-17 * * *", "at minute 0 of hour 9 to 17" + zone},
		{"*/30 9-17 * * 1-5", "every 30 minutes of hour 9 to 17 on Monday to Friday" + zone},
		{"30 * * * * *", "at second 30 of every minute" + zone},
		{"10/25 * 3 * * *", "at second 10 and 35 of every minute of hour 3" + zone},
		{"30 */5 * * * *", "at second 30 of minute */5 of every hour" + zone},

		// On some days.
		{"0 9 * * 5-7", "at 09:00 on Friday to Sunday" + zone},
		{"0 9 * * 0,6", "at 09:00 on Saturday and Sunday" + zone},
		{"0 9 * * 0-6", "at 09:00 every day" + zone},
		{"0 9 1,15 * *", "at 09:00 on day 1 and 15 of the month" + zone},
		{"0 9 */2 * *", "at 09:00 on day */2 of the month" + zone},
		{"0 9 13 * 5", "at 09:00 on day 13 of the month or on Friday" + zone},
		{"0 9 * 6-8 *", "at 09:00 every day in June to August" + zone},
		{"0 9 24-26 12 *", "at 09:00 on day 24 to 26 of December" + zone},
		{"0 9 * 12 5", "at 09:00 on Friday in December" + zone},
		{"0 9 13 12 5", "at 09:00 on day 13 of the month or on Friday in December" + zone},
	} {
		if got := parse(t, tc.expr, "Europe/Stockholm").Describe(); got != tc.want {
			t.Errorf("%q\n got %s\nwant %s", tc.expr, got, tc.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const past = ": the step leads past the end, so only "
	for name, tc := range map[string]struct {
		expr, zone string
		want       []string
	}{
		"a step wider than the field": {"*/90 * * * *", "UTC",
			[]string{`minute "*/90"` + past + "0 matches"}},
		"a step as wide as the field": {"0 */24 * * *", "UTC",
			[]string{`hour "*/24"` + past + "0 matches"}},
		"a step that has no room": {"0 0 1,20/12 * *", "UTC",
			[]string{`day of month "20/12"` + past + "20 matches"}},
		"a step in two fields": {"50/15 10/20 * * *", "UTC",
			[]string{`minute "50/15"` + past + "50 matches", `hour "10/20"` + past + "10 matches"}},
		"a time that is skipped and comes twice": {"30 2 * * *", "Europe/Stockholm",
			[]string{
				"02:30 does not exist on 2000-03-26 in Europe/Stockholm: it fires once, at 03:00, the first time after the gap",
				"02:30 comes twice on 2000-10-29 in Europe/Stockholm: it fires the first time only",
			}},
		"midnight that is skipped": {"@daily", "America/Havana",
			[]string{
				"00:00 does not exist on 2000-04-02 in America/Havana: it fires once, at 01:00, the first time after the gap",
				"00:00 comes twice on 2000-10-29 in America/Havana: it fires the first time only",
			}},
		"a gap of half an hour": {"15 2 * * *", "Australia/Lord_Howe",
			[]string{
				"02:15 does not exist on 2000-08-27 in Australia/Lord_Howe: it fires once, at 02:30, the first time after the gap",
			}},
		"nothing at other times":             {"30 4 * * *", "Europe/Stockholm", nil},
		"nothing on other days":              {"30 2 * * MON", "Europe/Stockholm", nil},
		"nothing at the end of a gap":        {"0 3 * * *", "Europe/Stockholm", nil},
		"nothing of an every-hour schedule":  {"30 * * * *", "Europe/Stockholm", nil},
		"nothing where no clock is changed":  {"30 2 * * *", "Asia/Kolkata", nil},
		"nothing of elapsed time":            {"@every 24h", "Europe/Stockholm", nil},
		"nothing of a step of one":           {"*/1 5/1 * * *", "UTC", nil},
		"nothing of a step with two values":  {"*/30 */12 * * *", "UTC", nil},
		"nothing of a range stepped to fill": {"0-59/59 0 * * *", "UTC", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // which begins on 2000-01-01
				got := parse(t, tc.expr, tc.zone).Warnings()
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("warnings of %q (-want +got):\n%s", tc.expr, diff)
				}
			})
		})
	}
}
