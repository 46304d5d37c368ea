package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// FuzzV4Body sends bodies to POST /v4/schedules. Each is answered with 201 and
// stored so that it can fire, or refused and not stored.
func FuzzV4Body(f *testing.F) {
	f.Add("application/json", newSchedule)
	f.Add("", newSchedule)
	f.Add("application/json; charset=utf-8", "\uFEFF"+newSchedule)
	f.Add("text/plain", newSchedule)
	f.Add("application/json", `{"name":["x"],"cronSchedule":5,"timezone":null,"qlikSenseTaskId":true,"startupState":"last","tags":{"a":1}}`)
	f.Add("application/json", strings.TrimSuffix(newSchedule, "}")+`,"tags":null,"a":{"b":[1e999,"\ud800"]},"name":"\u0000"}`)
	f.Add("application/json", strings.TrimSuffix(newSchedule, "}")+`,"tags":[[[]]],"tags":"`+"\xff"+`"}`)
	f.Add("application/json", strings.TrimSuffix(newSchedule, "}")+`,"a":"`+"\xff"+`"}`)
	f.Add("application/json", strings.Repeat("[", 20_000))
	f.Add("application/json", `{"__proto__":{}}`)
	b := setup(f, nil)
	f.Fuzz(func(t *testing.T, mediaType, body string) {
		if strings.ContainsFunc(mediaType, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // no header may hold it
		}
		b.t = t
		a := b.send("POST", "/v4/schedules", body, "Content-Type: "+mediaType)
		list := b.registry.List()
		switch {
		case a.Status == 201 && len(list) == 1:
			b.checkStored(a, list[0].Definition)
			if err := b.registry.Delete(context.Background(), list[0].ID, "test"); err != nil {
				t.Fatal(err)
			}
		case a.Status < 400 || a.Status >= 500 || len(list) != 0:
			t.Errorf("%d with %d schedules stored: %.300s", a.Status, len(list), a.Body)
		}
	})
}

func (b *bundle) checkStored(a answer, d schedule.Definition) {
	b.t.Helper()
	if !json.Valid([]byte(a.Body)) || !utf8.ValidString(a.Body) {
		b.t.Errorf("the answer is no JSON in UTF-8: %.300s", a.Body)
	}
	if _, err := schedule.Parse(d.Cron, d.Timezone); err != nil {
		b.t.Errorf("stored and cannot fire: %v", err)
	}
	if badName(d.Name) != "" || d.Action.Type != reloadAction || !strings.Contains(string(d.Action.Arguments), `"task_id":"`) {
		b.t.Errorf("stored: %+v", d)
	}
	if got := b.send("GET", "/v4/schedules?id="+d.ID, ""); got.Body != a.Body {
		b.t.Errorf("it comes back as %.300s, not as %.300s", got.Body, a.Body)
	}
}

// FuzzQuery sends queries to our own API: each is answered, or refused with a
// problem.
func FuzzQuery(f *testing.F) {
	f.Add("limit=5&state=lost&state=failed&from=2026-01-01T00:00:00Z")
	f.Add("cursor=eyJhIjoxfQ&limit=0")
	f.Add("cursor=%00&schedule=%ff")
	f.Add("cursor=" + *cursorOf(logPlace{Attempt: 1, Seq: 2}))
	f.Add("cursor=" + *cursorOf(runPlace{ID: "x"}))
	f.Add("cursor=" + *cursorOf(eventPlace{End: true}))
	f.Add("from=0001-01-01T00:00:00%2B14:00&to=9999-12-31T23:59:59-12:00&schedule=x")
	b := setup(f, nil)
	f.Fuzz(func(t *testing.T, query string) {
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' }) {
			return // no path may hold it
		}
		b.t = t
		for _, path := range []string{"/api/v1/runs?", "/api/v1/schedules?", "/api/v1/firings?"} {
			if a := b.send("GET", path+query, ""); a.Status != 200 && a.Status != 400 {
				t.Errorf("GET %s%s: %d %.300s", path, query, a.Status, a.Body)
			}
		}
	})
}

// FuzzLastEventID comes back to a stream with any id: it goes on, has ended, or is
// refused.
func FuzzLastEventID(f *testing.F) {
	f.Add(*cursorOf(eventPlace{logPlace: logPlace{Attempt: 1, Seq: 2}}))
	f.Add(*cursorOf(eventPlace{logPlace: logPlace{Attempt: 1, Seq: 3}, End: true}))
	f.Add(*cursorOf(eventPlace{logPlace: logPlace{Attempt: -1, Seq: 1 << 62}}))
	f.Add(*cursorOf(schedulePlace{ID: "x"}))
	f.Add("eyJlIjpudWxsfQ")
	f.Add("!")
	b := setup(f, nil)
	b.declare(declared("a", `{}`))
	r := b.addRun("a", 1)
	b.say(r, 1, 3)
	b.end(r, run.Succeeded, run.None, nil)
	f.Fuzz(func(t *testing.T, id string) {
		if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // no header may hold it
		}
		b.t = t
		a := b.send("GET", "/api/v1/runs/"+r.ID+"/events", "", lastEventID+": "+id)
		switch {
		case a.Status == 200 && strings.Contains(a.Body, "\nevent: end\n"):
		case a.Status == 204 && a.Body == "", a.Status == 400:
		default:
			t.Errorf("%d %.300s", a.Status, a.Body)
		}
	})
}
