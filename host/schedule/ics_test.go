package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// event wraps the lines of events; the first of them is line 3 of the file.
func event(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

const another = "END:VEVENT\r\nBEGIN:VEVENT"

func TestParseICS(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"a day without an end":       {event("DTSTART;VALUE=DATE:20261224"), []string{"2026-12-24T00:00:00 2026-12-25T00:00:00"}},
		"days, the end not included": {event("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"), []string{"2026-12-24T00:00:00 2026-12-27T00:00:00"}},
		"a time in UTC":              {event("DTSTART:20261224T180000Z", "DURATION:PT1H30M"), []string{"2026-12-24T18:00:00Z 2026-12-24T19:30:00Z"}},
		"a time in a zone":           {event(`DTSTART;TZID="Europe/Stockholm":20260624T180000`, "DTEND;TZID=Europe/London:20260624T180000"), []string{"2026-06-24T16:00:00Z 2026-06-24T17:00:00Z"}},
		"a time on the wall":         {event("DTSTART:20261224T180000", "DTEND:20261225T060000"), []string{"2026-12-24T18:00:00 2026-12-25T06:00:00"}},
		"folded lines and others": {event("SUMMARY:Christ", " mas: a day", "X-ANY;A=\"b:c\":d", "DTSTART;VALUE=", " DATE:20261224", "BEGIN:VALARM", "TRIGGER:-PT1H", "END:VALARM"),
			[]string{"2026-12-24T00:00:00 2026-12-25T00:00:00"}},
		"each year, but not each day of one": {event("DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY;COUNT=2"),
			[]string{"2024-02-29T00:00:00 2024-03-01T00:00:00", "2028-02-29T00:00:00 2028-03-01T00:00:00"}},
		"a weekday of a month": {event("DTSTART;VALUE=DATE:20261126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2"),
			[]string{"2026-11-26T00:00:00 2026-11-27T00:00:00", "2027-11-25T00:00:00 2027-11-26T00:00:00"}},
		"the last weekday of each other month": {event("DTSTART;VALUE=DATE:20260130", "RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR;COUNT=2"),
			[]string{"2026-01-30T00:00:00 2026-01-31T00:00:00", "2026-03-27T00:00:00 2026-03-28T00:00:00"}},
		"some days of each other week, without one": {event("DTSTART;VALUE=DATE:20260106", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;UNTIL=20260131", "EXDATE;VALUE=DATE:20260111"),
			[]string{"2026-01-06T00:00:00 2026-01-07T00:00:00", "2026-01-20T00:00:00 2026-01-21T00:00:00", "2026-01-25T00:00:00 2026-01-26T00:00:00"}},
		"each day over a clock change": {event("DTSTART;TZID=Europe/Stockholm:20260328T010000", "DTEND;TZID=Europe/Stockholm:20260328T040000", "RRULE:FREQ=DAILY;COUNT=2"),
			[]string{"2026-03-28T00:00:00Z 2026-03-28T03:00:00Z", "2026-03-29T00:00:00Z 2026-03-29T02:00:00Z"}},
		"an occurrence that was moved": {event("UID:a", "DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;COUNT=2", another, "UID:a", "RECURRENCE-ID;VALUE=DATE:20260102", "DTSTART;VALUE=DATE:20260110"),
			[]string{"2026-01-01T00:00:00 2026-01-02T00:00:00", "2026-01-10T00:00:00 2026-01-11T00:00:00"}},
		"an event that was cancelled": {event("DTSTART;VALUE=DATE:20260101", "STATUS:CANCELLED"), nil},
		"until a time in UTC": {event("DTSTART;TZID=America/New_York:20260101T200000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260103T010000Z"),
			[]string{"2026-01-02T01:00:00Z 2026-01-02T02:00:00Z", "2026-01-03T01:00:00Z 2026-01-03T02:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans, err := ParseICS([]byte(test.file), ICSLimits{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range spans {
				got = append(got, s.From+" "+s.To)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("spans (-want +got):\n%s", diff)
			}
			if err := (Calendar{Spans: spans}).Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseICSRefuses(t *testing.T) {
	t.Parallel()
	const start = "DTSTART;VALUE=DATE:20260101"
	for file, want := range map[string]string{
		"":                               "line 1: the file ends",
		"BEGIN:VCALENDAR\nBEGIN:VTODO\n": "line 2, BEGIN: VTODO is not understood",
		"hello\n":                        "line 1: this is no content line",
		event("DTSTART;TZID=W. Europe Standard Time:20260101T000000"):                            "line 3, DTSTART: TZID unknown time zone",
		event(start, "RDATE:20260102"):                                                           "line 4, RDATE: it is not understood",
		event(start, "RRULE:FREQ=HOURLY"):                                                        `line 4, RRULE: FREQ "HOURLY"`,
		event(start, "RRULE:FREQ=YEARLY;BYYEARDAY=1"):                                            "line 4, RRULE: BYYEARDAY is not understood",
		event(start, "RRULE:FREQ=WEEKLY;BYDAY=MO"):                                               "line 4, RRULE: its first occurrence is not DTSTART",
		event(start, "RRULE:FREQ=DAILY;COUNT=1;UNTIL=20270101"):                                  "line 4, RRULE: COUNT and UNTIL",
		event(start, "DTEND;VALUE=DATE:20260101"):                                                "line 2, DTEND: the event that begins here does not end",
		event("DTSTART:20260101T000000Z"):                                                        "line 2, DTEND: the event that begins here has neither",
		event("DTSTART:20260132"):                                                                "line 3, DTSTART:",
		event("SUMMARY:x"):                                                                       "line 2, DTSTART:",
		event(start, "RRULE:FREQ=DAILY;COUNT=30000"):                                             "",
		event(start, "RRULE:FREQ=DAILY", "EXDATE:20260102T000000"):                               "line 5, EXDATE: it is of another kind than the DTSTART of its event, which is a date",
		event("EXDATE:20260102", "DTSTART:20260101T000000", "DURATION:PT1H", "RRULE:FREQ=DAILY"): "line 3, EXDATE: it is of another kind than the DTSTART of its event, which is a time without a zone",
		event("DTSTART;TZID=UTC:20260101T000000", "DURATION:PT1H", "EXDATE:20260102T000000"):     "line 5, EXDATE: it is of another kind than the DTSTART of its event, which is a time in a zone",
		event("UID:a", start, "RRULE:FREQ=DAILY", another, "UID:a", "RECURRENCE-ID:20260102T000000Z", "DTSTART:20260102T000000Z", "DURATION:PT1H"): "line 9, RECURRENCE-ID: it is of another kind than the DTSTART of its event, which is a date",
		event("DTSTART;VALUE=DATE:99991231"):                                         "line 2: the event that begins here is not within the years 1 to 9999",
		event("DTSTART;VALUE=DATE:00010101", "DURATION:P9999W", "RRULE:FREQ=YEARLY"): "",
		event("DTSTART;TZID=Asia/Tokyo:00010101T000000", "DURATION:PT1H"):            "line 2: the event that begins here is not within the years 1 to 9999",
		event("DTSTART;VALUE=DATE:99951201", "DURATION:P999D", "RRULE:FREQ=YEARLY"):  "line 2: the event that begins here is not within the years 1 to 9999",
		strings.Replace(event(start), "END:VCALENDAR\r\n", "", 1):                    "line 4: the file ends",
	} {
		_, err := ParseICS([]byte(file), ICSLimits{Spans: 4000})
		var ie *ICSError
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", file, err) // the horizon has 3652 days
			}
			continue
		}
		if !errors.As(err, &ie) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", file, err, want)
		}
	}
}

func TestICSHorizonIsThatOfTheYear(t *testing.T) {
	t.Parallel()
	file := []byte(event("DTSTART;VALUE=DATE:19700101", "RRULE:FREQ=YEARLY"))
	early, _ := ParseICS(file, ICSLimits{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	late, _ := ParseICS(file, ICSLimits{From: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)})
	if diff := cmp.Diff(early, late); diff != "" || len(early) != 11 || early[0].From != "2025-01-01T00:00:00" {
		t.Errorf("got %v; (-January +December):\n%s", early, diff)
	}
}

// A file may have thousands of events that started centuries ago.
func TestICSStepsAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	long := []string{"DTSTART;VALUE=DATE:14800101", "RRULE:FREQ=DAILY;UNTIL=20230101"}
	lines := long
	for range 9 {
		lines = append(append(lines, another), long...)
	}
	limits := ICSLimits{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if _, err := ParseICS([]byte(event(long...)), limits); err != nil {
		t.Errorf("one such event: %v", err)
	}
	if _, err := ParseICS([]byte(event(lines...)), limits); err == nil || !strings.Contains(err.Error(), "RRULE: it starts too long ago") {
		t.Errorf("ten such events: %v", err)
	}
}

// FuzzParseICS holds that each file is refused with a line, or makes spans that a
// Calendar takes.
func FuzzParseICS(f *testing.F) {
	f.Add(event("DTSTART;VALUE=DATE:20261126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=-1TH;UNTIL=20300101", "EXDATE;VALUE=DATE:20271125"))
	f.Add(event("UID:a", `DTSTART;TZID="Europe/Stockholm":20260101T000000`, "DURATION:P1DT1H", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,SU;WKST=SU;COUNT=9", another, "UID:a", "RECURRENCE-ID:20260101T230000Z", "DTSTART:20270101T000000Z", "DTEND:20270101T000001Z"))
	f.Fuzz(func(t *testing.T, file string) {
		limits := ICSLimits{Bytes: 1 << 16, Spans: 5000, From: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
		spans, err := ParseICS([]byte(file), limits)
		var ie *ICSError
		switch {
		case err != nil && (len(file) <= limits.Bytes && !errors.As(err, &ie)):
			t.Fatalf("%v names no line", err)
		case err != nil:
			return
		case len(spans) > limits.Spans:
			t.Fatalf("%d spans", len(spans))
		}
		if err := (Calendar{Spans: spans}).Check(); err != nil {
			t.Fatalf("the spans are refused: %v", err)
		}
	})
}
