package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"butlerd/host/schedule"

	"github.com/google/go-cmp/cmp"
)

// One cron line means what it always did, however it is written: what is stored of
// such a schedule stays the same.
func TestOneCronLineIsNoList(t *testing.T) {
	t.Parallel()
	one := schedules(t, greeting(`text = "x"`), testOptions{})[0]
	list := schedules(t, strings.Replace(greeting(`text = "x"`), `"0 2 * * *"`, `["0 2 * * *"]`, 1), testOptions{})[0]
	if one.More != nil || one.Cron != "0 2 * * *" || one.Timing().Key() != one.Cron {
		t.Errorf("%+v", one.Definition)
	}
	if one.Fingerprint() != list.Fingerprint() {
		t.Error("a list of one has another fingerprint")
	}
	for _, member := range []any{one.CatchUp == nil, one.Retry == nil, one.OnLost == "", one.FollowUps == nil, one.QueueLimit == 0} {
		if member != true {
			t.Errorf("%+v", one.Definition)
		}
	}
}

func TestPoolsAndHistory(t *testing.T) {
	t.Parallel()
	c := load(t, `
history { keep = "7d" }

pool "a" {
  slots    = 4
  max_wait = "30m"
}

pool "b" {
  slots = 1
}

plugin "greeter" {
  pool = "a"
}

plugin "other" {
}
`, testOptions{})
	if diff := cmp.Diff(map[string]Pool{"a": {4, 30 * time.Minute}, "b": {1, 0}}, c.Pools); diff != "" {
		t.Errorf("pools (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(History{7 * day, 1_000_000}, c.History); diff != "" {
		t.Errorf("history (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"greeter": "a"}, c.PluginPools()); diff != "" || c.Plugins[0].Pool != "a" {
		t.Errorf("of plugins (-want +got)\n%s", diff)
	}
	if c := load(t, "", testOptions{}); c.History != (History{90 * day, 1_000_000}) {
		t.Errorf("%+v", c.History)
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "1d12h": 36 * time.Hour, "0d": 0, "1h30m": 90 * time.Minute, "65535d": 65535 * day,
		"d": -1, "-1d": -1, "1.5d": -1, "1d-1h": -1, "1d+1h": -1, "1d1d": -1, "1h1d": -1, "65536d": -1, "65535d1000000h": -1, "1d1": -1, "": -1,
	} {
		got, err := parseDuration(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// Plugins read durations by themselves, and know no days.
func TestPluginsKnowNoDays(t *testing.T) {
	t.Parallel()
	c := load(t, greeting("text = \"x\"\npoll_interval = \"1d\""), testOptions{})
	if _, diags := c.Schedules(testActions()); diags.Err() == nil || !strings.Contains(diags.Err().Error(), "ms, s, m and h.") {
		t.Error(diags.Err())
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{"31d": 31 * day, "24h": day, "49h": 49 * time.Hour, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "0s": 0} {
		if got := short(d); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// layered is layers of schedules, each of which starts both of the next layer.
func layered(layers int) string {
	var b strings.Builder
	for i := range layers {
		for _, side := range []string{"l", "r"} {
			fmt.Fprintf(&b, "schedule \"%s%d\" {\n  cron = \"0 2 * * *\"\n  timezone = \"UTC\"\n  action \"ping\" {\n  }\n", side, i)
			if i < layers-1 {
				fmt.Fprintf(&b, "  on_end {\n    start = [\"l%d\", \"r%d\"]\n  }\n", i+1, i+1)
			}
			b.WriteString("}\n")
		}
	}
	return b.String()
}

func TestChainsAreBounded(t *testing.T) {
	t.Parallel()
	load(t, layered(9), testOptions{}) // 2+4+...+256 runs
	_, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": layered(40)})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "more than 1000 runs of others") || len(diags) > 20 {
		t.Errorf("%d: %v", len(diags), err)
	}
	long := "locals {\n  n = [for i in split(\",\", \"" + strings.Repeat(",", 1100) + "\") : i]\n}\n" + `
schedule "s" {
  for_each = {for i, _ in local.n : tostring(i) => ["s.${i + 1}"] if i < 1050}
  cron     = "0 2 * * *"
  timezone = "UTC"

  on_end {
    start = each.key == "1049" ? [] : each.value
    action "ping" {
    }
  }
  action "ping" {
  }
}
`
	_, diags = Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": long})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "More than 1000 schedules start one another") || len(diags) > 5 {
		t.Errorf("%d: %v", len(diags), err)
	}
}

// A calendar that names another one twice over, and that one too, would be longer
// than any memory if it were written out.
func TestCalendarsAreBounded(t *testing.T) {
	t.Parallel()
	text := "calendar \"c0\" {\n  dates = [\"05-01\"]\n}\n"
	for i := range 30 {
		text += fmt.Sprintf("calendar \"c%d\" {\n  include = [\"c%d\"]\n  exclude = [\"c%d\"]\n}\n", i+1, i, i)
	}
	_, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": text})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "Calendar too large") {
		t.Error(err)
	}
	deep := "calendar \"c0\" {\n  dates = [\"05-01\"]\n}\n"
	for i := range 9 {
		deep += fmt.Sprintf("calendar \"c%d\" {\n  include = [\"c%d\"]\n}\n", i+1, i)
	}
	_, diags = Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": deep})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "nested too deep") {
		t.Error(err)
	}
	many := "calendar \"c\" {\n  dates = split(\",\", \"" + strings.TrimSuffix(strings.Repeat("05-01,", 1001), ",") + "\")\n}\n"
	_, diags = Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": many})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "1001 elements") {
		t.Error(err)
	}
	var blocks strings.Builder
	for i := range maxDeclared + 1 {
		fmt.Fprintf(&blocks, "pool \"p%d\" {\n  slots = 1\n}\n", i)
	}
	_, diags = Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": blocks.String()})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "more than 1000 pool blocks") {
		t.Error(err)
	}
}

func TestWeekdays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"MON": "MON", "MON-FRI": "MON TUE WED THU FRI", "sat-mon": "SAT SUN MON", "SUN-SUN": "SUN", "SUN-SAT": "SUN MON TUE WED THU FRI SAT",
		"": "", "MON-": "", "-FRI": "", "MON-TUE-WED": "", "1-5": "",
	} {
		list, reason := weekdaysOf(text)
		if got := strings.Join(list, " "); got != want || (reason == "") != (want != "") {
			t.Errorf("%q: %q, %q", text, got, reason)
		}
	}
}

func TestExpandedFrom(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]int{2025: 2025, 2026: 2025, 2029: 2025, 2030: 2030} {
		if got := expandedFrom(time.Date(year, 12, 31, 23, 0, 0, 0, time.UTC)); got != time.Date(want, 1, 1, 0, 0, 0, 0, time.UTC) {
			t.Errorf("%d: %v", year, got)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-07-01T00:00:00": "2026-06-30T22:00:00Z", "2026-07-01T00:00:00Z": "2026-07-01T00:00:00Z", "2026-07-01T00:00:00-05:00": "2026-07-01T05:00:00Z",
		"2026-07-01": "", "2026-07-01 00:00:00": "", "0000-01-01T00:00:00Z": "", "9999-12-31T23:00:00-05:00": "", "": "",
	} {
		at, ok := parseTime(text, zone)
		if got := at.Format(time.RFC3339); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}

// What stands in a calendar file is part of the meaning, and not where it lies.
func TestCalendarFileIsPartOfTheMeaning(t *testing.T) {
	t.Parallel()
	event := func(date string) string {
		return strings.ReplaceAll("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:"+date+"\nEND:VEVENT\nEND:VCALENDAR\n", "\n", "\r\n")
	}
	of := func(date, name string) (fingerprint, shared string) {
		text := "calendar \"closed\" {\n  ics = \"" + name + "\"\n}\n" + strings.Replace(greeting(`text = "x"`), "cron", "exclude = \"closed\"\n  cron", 1)
		dir := write(t, map[string]string{"a.hcl": text, name: event(date)})
		c, diags := Load(Options{Paths: []string{filepath.Join(dir, "a.hcl")}})
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		list, _ := c.Schedules(testActions())
		return list[0].Fingerprint(), sharedOf(c)
	}
	one, oneShared := of("20261224", "a.ics")
	same, sameShared := of("20261224", "b.ics")
	two, twoShared := of("20261225", "a.ics")
	if one != same || oneShared != sameShared || one == two || oneShared == twoShared {
		t.Error(one, same, two)
	}
}

func TestEmptyCalendarFileIsNoTime(t *testing.T) {
	t.Parallel()
	text := "calendar \"closed\" {\n  ics = \"a.ics\"\n}\n" + strings.Replace(greeting(`text = "x"`), "cron", "exclude = \"closed\"\n  cron", 1)
	dir := write(t, map[string]string{"a.hcl": text, "a.ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"})
	c, diags := Load(Options{Paths: []string{dir}})
	if len(diags) == 0 || diags.HasErrors() || diags[0].Summary != "Empty calendar file" {
		t.Fatal(diags)
	}
	spec, err := schedule.Compile(c.drafts[0].definition.Timing())
	if err != nil || spec.Next(time.Now()).IsZero() {
		t.Error("the schedule never fires", err)
	}
}

func TestCalendarFileIsBounded(t *testing.T) {
	t.Parallel()
	text := "calendar \"closed\" {\n  ics = \"big.ics\"\n}\n"
	dir := write(t, map[string]string{"a.hcl": text, "big.ics": strings.Repeat("x", MaxInclude+1)})
	_, diags := Load(Options{Paths: []string{dir}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Error(err)
	}
	device := strings.Replace(text, "big.ics", filepath.ToSlash(os.DevNull), 1)
	_, diags = Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": device})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
}

// Compile has the last word: what is loaded without errors it must take.
func TestLoadedTimingsCompile(t *testing.T) {
	t.Parallel()
	for _, d := range load(t, following, withToken).drafts {
		if _, err := schedule.Compile(d.definition.Timing()); err != nil {
			t.Error(err)
		}
	}
}
