package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/registry"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// declare makes schedules that a file declares, all at line 12.
func (b *bundle) declare(definitions ...schedule.Definition) {
	b.t.Helper()
	var declared []*registry.Declared
	for _, d := range definitions {
		declared = append(declared, &registry.Declared{
			Definition: d, Origin: "config.hcl:12", Plugin: reloadAction,
			Bind: func(run.Facts) ([]byte, error) { return []byte(`{}`), nil },
		})
	}
	if _, err := b.registry.Reload(context.Background(), declared); err != nil {
		b.t.Fatal(err)
	}
}

func declared(id, arguments string) schedule.Definition {
	return schedule.Definition{
		ID: id, Name: "Nightly " + id, Cron: "0 5 * * *", Timezone: "Europe/Stockholm", Tags: []string{"t"},
		Startup: schedule.StartupLast, Overlap: schedule.OverlapSkip,
		Action: schedule.Action{Type: reloadAction, Arguments: json.RawMessage(arguments)},
	}
}

// create makes a schedule over /v4.
func (b *bundle) create(body string) store.Schedule {
	b.t.Helper()
	a := b.send("POST", "/v4/schedules", body, asJSON)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(a.Body), &made); err != nil || a.Status != 201 {
		b.t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	s, ok := b.registry.Get(made.ID)
	if !ok {
		b.t.Fatalf("%s is not stored", made.ID)
	}
	return s
}

func TestCreateStores(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	s := b.create(`{"name":"Every 5 sec","cronSchedule":"*/5 * * * * *","timezone":"Europe/Stockholm","tags":["tag 1","åäö"],
		"qlikSenseTaskId":"0FE447A9-BA1F-44A9-AC23-68C3A1D88D8B","startupState":"started","owner":{"a":[1,null]}}`)
	want := schedule.Definition{
		ID: s.ID, Name: "Every 5 sec", Cron: "*/5 * * * * *", Timezone: "Europe/Stockholm", Tags: []string{"tag 1", "åäö"},
		Startup: schedule.StartupStarted, Overlap: schedule.OverlapAllow,
		Action: schedule.Action{Type: "qlik-sense-reload", Arguments: json.RawMessage(`{"task_id":"0FE447A9-BA1F-44A9-AC23-68C3A1D88D8B"}`)},
		Extra:  map[string]json.RawMessage{"owner": json.RawMessage(`{"a":[1,null]}`)},
	}
	if diff := cmp.Diff(want, s.Definition); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if !isUUID(s.ID) || !s.Started || s.Source != store.SourceAPI {
		t.Errorf("stored: %+v", s)
	}
}

func TestCreateStartupStates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		startup schedule.Startup
		started bool
	}{
		"started": {schedule.StartupStarted, true},
		"start":   {schedule.StartupStarted, true},
		"stopped": {schedule.StartupStopped, false},
		"stop":    {schedule.StartupStopped, false},
		"last":    {schedule.StartupLast, true},
	}
	for word, tt := range tests {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			s := b.create(strings.Replace(newSchedule, `"startupState":"started"`, `"startupState":"`+word+`"`, 1))
			if s.Startup != tt.startup || s.Started != tt.started {
				t.Errorf("stored as %q, started %v", s.Startup, s.Started)
			}
			b.play(t, []scenario{
				{name: "comes back as it was sent", method: "GET", path: "/v4/schedules?id=" + s.ID, status: 200, says: []string{`"startupState":"` + word + `"`}},
				{name: "comes back so in the list", method: "GET", path: "/v4/schedules", status: 200, says: []string{`"startupState":"` + word + `"`}},
			})
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	with := func(member, value string) string {
		var m map[string]json.RawMessage
		if err := json.Unmarshal([]byte(newSchedule), &m); err != nil {
			t.Fatal(err)
		}
		m[member] = json.RawMessage(value)
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	long := `"` + strings.Repeat("å", 201) + `"`
	tests := map[string]struct{ body, says string }{
		"a name that is too long":           {with("name", long), "body/name must not be longer than 200 characters"},
		"a name with a line break":          {with("name", `"a\nb"`), "body/name must not contain control characters"},
		"a tag with a zero":                 {with("tags", `["a","\u0000"]`), "body/tags/1 must not contain control characters"},
		"a tag that is a list":              {with("tags", `[["a","b"]]`), "body/tags/0 must be string"},
		"a number beyond all bounds":        {with("name", "1e999"), "body/name must be string"},
		"a cron with a field that is wrong": {with("cronSchedule", `"0 25 * * *"`), `body/cronSchedule: hour \"25\"`},
		"an impossible date":                {with("cronSchedule", `"0 0 30 2 *"`), "body/cronSchedule: "},
		"a cron of a MiB":                   {with("cronSchedule", `"`+strings.Repeat("*", 1000)+`"`), "longer than 256 bytes"},
		"a zone of this machine":            {with("timezone", `"Local"`), `unknown time zone \"Local\"`},
		"a path as a zone":                  {with("timezone", `"../../etc/passwd"`), "unknown time zone"},
		"a task id with braces":             {with("qlikSenseTaskId", `"{`+knownTask+`}"`), "body/qlikSenseTaskId must be a GUID"},
		"a task id with a line break":       {with("qlikSenseTaskId", `"`+knownTask+`\n"`), "body/qlikSenseTaskId must be a GUID"},
		"a member that harms JavaScript":    {with("__proto__", `{}`), "FST_ERR_CTP_INVALID_JSON_BODY"},
		"two values":                        {newSchedule + "{}", "FST_ERR_CTP_INVALID_JSON_BODY"},
		"half a value":                      {newSchedule[:len(newSchedule)-1], "FST_ERR_CTP_INVALID_JSON_BODY"},
		"a list of schedules":               {"[" + newSchedule + "]", "body must be object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			a := b.send("POST", "/v4/schedules", tt.body, asJSON)
			if a.Status != 400 || !strings.Contains(a.Body, tt.says) || !strings.Contains(a.Body, `"code":"FST_ERR_`) {
				t.Errorf("%d %s; want 400 and %s", a.Status, a.Body, tt.says)
			}
			if list := b.registry.List(); len(list) != 0 {
				t.Errorf("stored: %+v", list)
			}
		})
	}
}

func TestCreateWithoutThePlugin(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Plugins = func() []PluginInfo { return nil } })
	b.play(t, []scenario{
		{name: "says what to configure", method: "POST", path: "/v4/schedules", body: newSchedule, header: []string{asJSON}, status: 400,
			says: []string{`declare plugin \"qlik-sense-reload\" in the configuration`}},
		{name: "stores nothing", method: "GET", path: "/v4/schedules", status: 200, says: []string{"[]"}},
	})
}

func TestExtraMembers(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	s := b.create(strings.TrimSuffix(newSchedule, "}") + `,"foo":{"b":"<"},"id":"mine","created":"never","lastKnownState":"weird","tags":[]}`)
	one := []string{`"foo":{"b":"<"}`, `"tags":[]`, `"id":"` + s.ID + `"`, `"lastKnownState":"started"`}
	b.play(t, []scenario{
		{name: "come back with the one", method: "GET", path: "/v4/schedules?id=" + s.ID, status: 200, says: one, hides: []string{"mine", "never", "weird"}},
		{name: "come back with a start", method: "PUT", path: "/v4/schedules/" + s.ID + "/start", status: 200, says: one},
		{name: "come back with all", method: "PUT", path: "/v4/schedules/startall", status: 200, says: one},
		{name: "are not in the list", method: "GET", path: "/v4/schedules", status: 200, says: []string{`"tags":[]`}, hides: []string{"foo"}},
	})
}

func TestTagsThatWereNotSent(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.create(newSchedule)
	b.play(t, []scenario{{name: "are not there", method: "GET", path: "/v4/schedules", status: 200, hides: []string{"tags"}}})
}

func TestSchedulesOfFiles(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("daily", `{"task_id":"`+knownTask+`"}`), declared("by tag/å+b", `{"tag":"x"}`), declared("number", `{"task_id":7}`))
	b.play(t, []scenario{
		{name: "are in the list", method: "GET", path: "/v4/schedules", status: 200, says: []string{`"id":"daily"`, `"startupState":"last"`, `"qlikSenseTaskId":"` + knownTask + `"`}},
		{name: "have no task when they name none", method: "GET", path: "/v4/schedules?id=by%20tag/%C3%A5%2Bb", status: 200, says: []string{`"qlikSenseTaskId":""`}},
		{name: "have no task when it is no text", method: "GET", path: "/v4/schedules?id=number", status: 200, says: []string{`"qlikSenseTaskId":""`}},
		{name: "are stopped", method: "PUT", path: "/v4/schedules/daily/stop", status: 200, says: []string{"{}"}},
		{name: "are stopped with a slash and a plus in the id", method: "PUT", path: "/v4/schedules/by%20tag%2F%C3%A5+b/stop", status: 200, says: []string{"{}"}},
		{name: "tell so in the status", method: "GET", path: "/v4/schedules/status", status: 200, has: []string{"Content-Type: text/plain; charset=utf-8"},
			says: []string{"{\n'daily': 0 5 * * * status: Stopped\n'by tag/å+b': 0 5 * * * status: Stopped\n'number': 0 5 * * * status: Running\n}"}},
		{name: "are started again", method: "PUT", path: "/v4/schedules/daily/start", status: 200, says: []string{`[{`, `"lastKnownState":"started"`}},
		{name: "are not deleted, and it is said where they are", method: "DELETE", path: "/v4/schedules/daily", status: 409,
			says: []string{`"statusCode":409`, `"error":"Conflict"`, `declared in config.hcl:12`}},
	})
	if _, ok := b.registry.Get("daily"); !ok {
		t.Error("it is gone")
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	s := b.create(newSchedule)
	b.play(t, []scenario{
		{name: "answers without a body", method: "DELETE", path: "/v4/schedules/" + s.ID, status: 204, has: []string{"Content-Type: "}},
		{name: "twice is refused", method: "DELETE", path: "/v4/schedules/" + s.ID, status: 400, says: []string{"REST SCHEDULER: Delete for schedule ID " + s.ID + " failed."}},
		{name: "leaves nothing", method: "GET", path: "/v4/schedules", status: 200, says: []string{"[]"}},
	})
}

func TestBodiesThatMeanNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	s := b.create(newSchedule)
	stop := "/v4/schedules/" + s.ID + "/stop"
	b.play(t, []scenario{
		{name: "are taken as any JSON", method: "PUT", path: stop, body: `[1]`, header: []string{asJSON}, status: 200},
		{name: "are taken without a type", method: "PUT", path: stop, body: `{}`, status: 200},
		{name: "may be absent whatever their type", method: "PUT", path: stop, header: []string{"Content-Type: text/plain"}, status: 200},
		{name: "are refused when they are no JSON", method: "PUT", path: stop, body: `{`, header: []string{asJSON}, status: 400, says: []string{"FST_ERR_CTP_INVALID_JSON_BODY"}},
		{name: "are refused when they are no JSON and nothing was declared", method: "PUT", path: stop, body: `key=abc`, status: 400, says: []string{"no content-type says what it is"}},
		{name: "are refused when they are declared as text", method: "PUT", path: "/v4/schedules/stopall", body: `{}`, header: []string{"Content-Type: text/plain"}, status: 415},
		{name: "are refused when they are declared and absent", method: "DELETE", path: "/v4/schedules/" + s.ID, header: []string{asJSON}, status: 400, says: []string{"FST_ERR_CTP_EMPTY_JSON_BODY"}},
	})
	if _, ok := b.registry.Get(s.ID); !ok {
		t.Error("a refused request has deleted the schedule")
	}
}

func TestStoreThatIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	s := b.create(newSchedule)
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	again := []string{"Retry-After: 5"}
	b.play(t, []scenario{
		{name: "refuses a new schedule for now", method: "POST", path: "/v4/schedules", body: newSchedule, header: []string{asJSON}, status: 503, has: again, says: []string{`"error":"Service Unavailable"`}},
		{name: "refuses a stop for now", method: "PUT", path: "/v4/schedules/" + s.ID + "/stop", status: 503, has: again},
		{name: "refuses a delete for now", method: "DELETE", path: "/v4/schedules/" + s.ID, status: 503, has: again},
		{name: "refuses the runs for now", method: "GET", path: "/api/v1/runs", status: 503, has: again, says: []string{"urn:butlerd:problem:store-unavailable", "the database does not answer"}},
		{name: "leaves the list", method: "GET", path: "/v4/schedules", status: 200, says: []string{s.ID}},
	})
}
