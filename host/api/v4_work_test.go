package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/taskfilter"
)

func TestApps(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: map[string]string{
		appsQuery: `{"apps":[{"id":"1","name":"å","more":1}]}`,
		dumpQuery: `{"loadScript":"LOAD <1>","sheets":[]}`,
	}}
	working(t, w, config.API{}).play(t, []scenario{
		{name: "are listed", method: "GET", path: "/v4/apps/list", status: 200, says: []string{`[{"id":"1","name":"å"}]`}},
		{name: "are listed by the old name", method: "GET", path: "/v4/senselistapps", status: 200, says: []string{`"å"`}},
		{name: "are dumped as they come", method: "GET", path: "/v4/app/" + knownTask + "/dump", status: 200, says: []string{`{"loadScript":"LOAD <1>","sheets":[]}`}},
		{name: "are dumped by the old name", method: "GET", path: "/v4/senseappdump/" + knownTask, status: 200, says: []string{"sheets"}},
		{name: "have GUIDs", method: "GET", path: "/v4/app/x/dump", status: 400, says: []string{"params/appId must be a GUID"}},
		{name: "have GUIDs as they are reloaded", method: "PUT", path: "/v4/app/x/reload", body: `{}`, header: []string{asJSON}, status: 400},
	})
	w.failing = &plugin.QueryError{Text: "opening the app at engine: access denied"}
	a := working(t, w, config.API{}).send("GET", "/v4/app/"+knownTask+"/dump", "")
	if a.Status != http.StatusBadGateway || !strings.Contains(a.Body, "access denied") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestAppReload(t *testing.T) {
	t.Parallel()
	put := func(name, body string, status int, says string) scenario {
		return scenario{name: name, method: "PUT", path: "/v4/app/" + knownTask + "/reload", body: body, header: []string{asJSON}, status: status, says: []string{says}}
	}
	w := &fakeWork{}
	settings := config.API{StartTasks: taskfilter.Filter{On: true, TaskIDs: map[string]bool{otherTask: true}}}
	working(t, w, settings).play(t, []scenario{
		put("takes texts", `{"partialReload":"true","reloadMode":"1","startQSEoWTaskOnSuccess":["`+otherTask+`","`+strings.ToUpper(otherTask)+`"]}`, 201, `{"appId":"`+knownTask+`"}`),
		put("has defaults", `{}`, 201, "appId"),
		put("refuses other modes", `{"reloadMode":9}`, 400, "body/reloadMode must be a whole number from 0 to 2"),
		put("refuses halves", `{"reloadMode":0.5}`, 400, "body/reloadMode"),
		put("refuses words", `{"partialReload":"yes"}`, 400, "body/partialReload must be boolean"),
		put("refuses ids that are none", `{"startQSEoWTaskOnFailure":["id1"]}`, 400, "body/startQSEoWTaskOnFailure/0 must be a GUID"),
		put("heeds the filter", `{"startQSEoWTaskOnFailure":["`+knownTask+`"]}`, 403, "start-task filter"),
		put("refuses lists", `[]`, 400, "body must be object"),
	})
	if len(w.asked) != 2 {
		t.Fatalf("asked for %d", len(w.asked))
	}
	want := run.Work{
		Arguments: json.RawMessage(`{"app_id":"` + knownTask + `","partial":true,"mode":1}`),
		OnSuccess: []run.Next{{Action: reloadAction, Plugin: "qlik-sense-reload", Arguments: json.RawMessage(`{"task_id":"` + otherTask + `"}`)}},
	}
	if diff := cmp.Diff(want, w.asked[0].Work); diff != "" {
		t.Error(diff)
	}
}

func TestAppReloadsThatFailOrTakeLong(t *testing.T) {
	t.Parallel()
	for state, status := range map[run.State]int{run.Failed: 502, run.Lost: 502, run.Running: 201} {
		w := &fakeWork{perform: func(context.Context, dispatch.Ask) (dispatch.Performed, error) {
			return dispatch.Performed{Run: run.Run{State: state, Error: "line 3: table not found"}}, nil
		}}
		a := working(t, w, config.API{}).send("PUT", "/v4/app/"+knownTask+"/reload", `{}`, asJSON)
		if a.Status != status || status != 201 && !strings.Contains(a.Body, "table not found") {
			t.Errorf("%s: %d %s", state, a.Status, a.Body)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	send := func(name, method, path, body string, status int, says string) scenario {
		return scenario{name: name, method: method, path: path, body: body, header: []string{asJSON}, status: status, says: []string{says}}
	}
	const mqtt, slack, event, metric = "/v4/mqttpublishmessage", "/v4/slackpostmessage", "/v4/newrelic/event", "/v4/newrelic/metric"
	w := &fakeWork{}
	working(t, w, config.API{}).play(t, []scenario{
		send("are published", "PUT", mqtt, `{"topic":"a/b","message":1}`, 201, `{"topic":"a/b","message":"1"}`),
		send("need a topic", "PUT", mqtt, `{}`, 400, "required property 'topic'"),
		send("need a message", "PUT", mqtt, `{"topic":"a"}`, 400, "required property 'message'"),
		send("are posted", "PUT", slack, `{"channel":"#c","from_user":"u","msg":"m","emoji":":x:"}`, 201, `{"channel":"#c","from_user":"u","msg":"m","emoji":":x:"}`),
		send("are posted without an emoji", "PUT", slack, `{"channel":"#c","from_user":"u","msg":"m"}`, 201, `"msg":"m"}`),
		send("need a text", "PUT", slack, `{"channel":"#c","from_user":"u"}`, 400, "required property 'msg'"),
		send("are events", "POST", event, `{"eventType":"e","timestamp":5,"attributes":[{"name":"n","value":2}]}`, 202, "Accepted"),
		send("need a type", "POST", event, `{}`, 400, "required property 'eventType'"),
		send("have attributes with names", "POST", event, `{"eventType":"e","attributes":[{"value":2}]}`, 400, "body/attributes/0 must have required property 'name'"),
		send("have a list of attributes", "POST", event, `{"eventType":"e","attributes":{}}`, 400, "body/attributes must be array"),
		send("have a time", "POST", event, `{"eventType":"e","timestamp":-1}`, 400, "body/timestamp must be between"),
		send("are metrics", "POST", metric, `{"name":"m","type":"gauge","value":"2.5","interval":1}`, 202, "Accepted"),
		send("are gauges only", "POST", metric, `{"name":"m","type":"count","value":2}`, 400, "body/type must be equal to one of the allowed values"),
		send("have a number", "POST", metric, `{"name":"m","type":"gauge","value":"x"}`, 400, "body/value must be number"),
	})
	want := []string{
		`mqtt-publish {"topic":"a/b","message":"1"}`,
		`newrelic-event {"event_type":"e","timestamp":5,"attributes":{"n":"2"}}`,
		`newrelic-metric {"name":"m","type":"gauge","value":2.5,"interval":1,"timestamp":0,"attributes":{}}`,
		`slack-message {"channel":"#c","from_user":"u","text":"m","emoji":""}`,
		`slack-message {"channel":"#c","from_user":"u","text":"m","emoji":":x:"}`,
	}
	if diff := cmp.Diff(want, w.performed()); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesThatFail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		performed dispatch.Performed
		err       error
		status    int
	}{
		{dispatch.Performed{Run: run.Run{State: run.Failed, Error: "broker away"}}, nil, 502},
		{dispatch.Performed{Run: run.Run{ID: "r", State: run.Running}}, nil, 504},
		{dispatch.Performed{}, fmt.Errorf("action: %w", dispatch.ErrNoAction), 400},
		{dispatch.Performed{}, dispatch.ErrStopping, 503},
	} {
		w := &fakeWork{perform: func(context.Context, dispatch.Ask) (dispatch.Performed, error) { return tt.performed, tt.err }}
		a := working(t, w, config.API{}).send("PUT", "/v4/mqttpublishmessage", `{"topic":"a","message":"b"}`, asJSON)
		if a.Status != tt.status {
			t.Errorf("%v %v: %d %s", tt.performed, tt.err, a.Status, a.Body)
		}
	}
}
