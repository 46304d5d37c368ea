package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// refused parses what must be refused.
func refused(t *testing.T, expr, zone string) *ParseError {
	t.Helper()
	s, err := Parse(expr, zone)
	var pe *ParseError
	if !errors.As(err, &pe) {
		t.Fatalf("Parse(%q, %q) = %v, %v, want a *ParseError", expr, zone, s, err)
	}
	return pe
}

func TestParseSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	const days = "L, W, # and H are not supported"
	const every = "@every takes one duration of whole seconds, at least 1s, such as 90s or 1h30m"
	for _, tc := range []struct{ expr, want string }{
		// What robfig/cron would take or would say differently.
		{"*-5 * * * *", `minute "*-5": "*" is not a number`},
		{"+5 * * * *", `minute "+5": "+5" is not a number`},
		{"-5 * * * *", `minute "-5": "" is not a number`},
		{"5- * * * *", `minute "5-": "" is not a number`},
		{"1_0 * * * *", `minute "1_0": "1_0" is not a number`},
		{"٣ * * * *", `minute "٣": "٣" is not a number`},
		{"99999999999999999999 * * * *", `minute "99999999999999999999": 99999999999999999999 is outside 0-59`},
		{"* 24 * * *", `hour "24": 24 is outside 0-23`},
		{"* * 0 * *", `day of month "0": 0 is outside 1-31`},
		{"* * * 0-5 *", `month "0-5": 0 is outside 1-12 (January is 1; Butler counted months from 0)`},
		{"* * * * 8", `day of week "8": 8 is outside 0-7`},
		{"*/-1 * * * *", `minute "*/-1": the step after / must be a positive number`},
		{"*/00 * * * *", `minute "*/00": the step after / must not be zero`},

		// Ranges that run over the end of the field.
		{"50-10 * * * *", `minute "50-10": the range runs backwards; write 50-59,0-10`},
		{"0 23-0 * * *", `hour "23-0": the range runs backwards; write 23,0`},
		{"0 22-2/2 * * *", `hour "22-2/2": the range runs backwards; write 22,0,2`},
		{"0 0 30-2 * *", `day of month "30-2": the range runs backwards; write 30-31,1-2`},
		{"0 0 31-3/2 * *", `day of month "31-3/2": the range runs backwards; write 31,2`},
		{"0 9 * * SAT-MON/2", `day of week "SAT-MON/2": the range runs backwards; write 6,1`},
		{"0 9 * * 7-2", `day of week "7-2": the range runs backwards; write 0-2`},
		{"0 9 * * 7/2", `day of week "7/2": 7 with a step is ambiguous; write 0 for Sunday`},

		// Names in their fields only, and three letters of them.
		{"* * * MON *", `month "MON": "MON" is neither a number nor a three-letter name`},
		{"* * * 1JAN *", `month "1JAN": "1JAN" is neither a number nor a three-letter name`},
		{"* * * ANF *", `month "ANF": "ANF" is neither a number nor a three-letter name`},
		{"* * MON * *", `day of month "MON": "MON" is not a number`},

		// Other dialects.
		{"* * LW * *", `day of month "LW": ` + days},
		{"* * L-3 * *", `day of month "L-3": ` + days},
		{"* * * * 5L", `day of week "5L": ` + days},
		{"* * * * FRIL", `day of week "FRIL": ` + days},
		{"H * * * *", `minute "H": ` + days},
		{"H/15 * * * *", `minute "H/15": ` + days},
		{"H(0-29)/10 * * * *", `minute "H(0-29)/10": ` + days},
		{"0 12 * * ? *", `month "?": ? is only for the two day fields, alone; write *`},
		{"* * ?/2 * *", `day of month "?/2": ? is only for the two day fields, alone; write *`},
		{"0 12 * * * 2026-2030", "a year field is not supported; with 6 fields the first is the second"},
		{"TZ=UTC", "put the time zone in its own setting, not in the expression (TZ=/CRON_TZ=)"},
		{" TZ=UTC 0 9 * * *", "put the time zone in its own setting, not in the expression (TZ=/CRON_TZ=)"},

		{"@every", every},
		{"@every 1h 30m", every},
		{"@every 0s", every},
		{"@every -5m", every},
		{"@every 500ms", every},
		{"@every 1.5s", every},
		{"@every day", every},
		{"@every 9999999h", every},
		{"@everyday", `unknown macro "@everyday"; use @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly or @every <duration>`},
		{"@Daily", `unknown macro "@Daily"; use @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly or @every <duration>`},
		{"0\u00a09 * * *", "expected 5 fields (minute hour day month weekday) or 6 (second first), found 4"},
		{"\u00a00 9 * * *", `minute "\u00a00": "\u00a00" is not a number`},
		{strings.Repeat("0,", 123) + "0 * * * * *", "the expression is longer than 256 bytes"},
	} {
		if got := refused(t, tc.expr, "UTC").Error(); got != tc.want {
			t.Errorf("Parse(%q)\n got %s\nwant %s", tc.expr, got, tc.want)
		}
	}
}

func TestParseErrorPointsAtThePart(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		"60 * * * *":             "60",
		" 0\t 22-2 * * *":        "22-2",
		"0 0 1,2,32,40 * *":      "32",
		"1,,2 * * * *":           "1,,2",
		"0 0 0 1 JANUARY MON":    "JANUARY",
		"0  0  30  2  *":         "30  2",
		"0 12 * * ? 2026":        "2026",
		"  @every  5 ":           "5",
		" @often ":               "@often",
		"CRON_TZ=UTC 0 9 * * *":  "CRON_TZ=UTC",
		"* * * *":                "",
		"":                       "",
		strings.Repeat(" ", 300): "",
	} {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			pe := refused(t, expr, "UTC")
			if got := expr[pe.Offset : pe.Offset+pe.Length]; got != want {
				t.Errorf("%v points at %q, want %q", pe, got, want)
			}
			if pe.Item != "" && pe.Item != want {
				t.Errorf("Item = %q, want %q", pe.Item, want)
			}
			if pe.Zone {
				t.Error("Zone is set for a wrong expression")
			}
		})
	}
}

func TestParseReadsAlike(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 15, 10, 0, 7, 0, time.UTC)
	for name, pair := range map[string][2]string{
		"five fields and second 0":       {"5 4 * * *", "0 5 4 * * *"},
		"spaces, tabs and newlines":      {"\t5  4 * *\r\n* \n", "5 4 * * *"},
		"a macro between spaces":         {" @hourly ", "0 * * * *"},
		"two spaces after @every":        {"@every  90s", "@every 1m30s"},
		"a value with a step to the end": {"5/20 * * * *", "5,25,45 * * * *"},
		"a step that is too wide":        {"7/999999999999999999999 * * * *", "7 * * * *"},
		"weekday names in any case":      {"0 9 * * mOn-Wed", "0 9 * * 1-3"},
		"Sunday as 0, 7 and by name":     {"0 9 * * 7", "0 9 * * SUN,0"},
		"a range to Sunday with a step":  {"0 9 * * 3-7/2", "0 9 * * 3,5,0"},
		"a range from Sunday":            {"0 9 * * SUN-MON", "0 9 * * 0-1"},
		"a range of Sunday alone":        {"0 9 * * SUN-SUN", "0 9 * * 0"},
		"every weekday but by name":      {"0 9 13 * MON-SUN", "0 9 13 * *"},
		"? in a day field":               {"0 9 ? * MON", "0 9 * * MON"},
		"an impossible date or a day":    {"0 0 31 2 MON", "0 0 * 2 MON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := series(parse(t, pair[0], "UTC"), from, 20)
			want := series(parse(t, pair[1], "UTC"), from, 20)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q is not as %q (-want +got):\n%s", pair[0], pair[1], diff)
			}
		})
	}
}

func TestSpecKeepsWhatItWasMadeOf(t *testing.T) {
	t.Parallel()
	s := parse(t, " 0 9 * * * ", "Asia/Kolkata")
	if s.Expr() != " 0 9 * * * " || s.Zone() != "Asia/Kolkata" || s.Location().String() != "Asia/Kolkata" {
		t.Errorf("Expr, Zone, Location = %q, %q, %q", s.Expr(), s.Zone(), s.Location())
	}
}

func TestZones(t *testing.T) {
	t.Parallel()

	t.Run("are known by all their IANA names", func(t *testing.T) {
		t.Parallel()
		list := zones(t)
		if len(list) < 590 {
			t.Fatalf("only %d names", len(list))
		}
		for _, name := range list {
			if s := parse(t, "@daily", name); s.Zone() != name {
				t.Errorf("Zone of %q = %q", name, s.Zone())
			}
		}
	})

	for _, name := range []string{
		"Local", "Factory", "localtime", "posixrules", "posix/Europe/London", "right/Europe/London",
		"europe/london", "EUROPE", "Europe", "Europe/", "/Europe/London", "Europe//London", "../Europe/London",
		"/etc/localtime", "Europe\\London", "Europe/London\x00", " UTC", "+01:00", "tzdata.zi", "Mars/Phobos",
	} {
		t.Run("are not known as "+name, func(t *testing.T) {
			t.Parallel()
			pe := refused(t, "@daily", name)
			if !pe.Zone || pe.Length != 0 || !strings.HasPrefix(pe.Error(), "unknown time zone ") {
				t.Errorf("error = %+v", pe)
			}
		})
	}

	for what, tc := range map[string]struct{ name, want string }{
		"missing": {"", "the time zone is missing; use an IANA name such as Europe/Stockholm"},
		"endless": {strings.Repeat("A", 65), "the time zone is longer than 64 bytes; use an IANA name such as Europe/Stockholm"},
	} {
		t.Run("are refused when "+what, func(t *testing.T) {
			t.Parallel()
			if pe := refused(t, "@daily", tc.name); !pe.Zone || pe.Error() != tc.want {
				t.Errorf("error = %+v, want %q", pe, tc.want)
			}
		})
	}
}
