package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"butlerd/host/config"
	"butlerd/host/dispatch"
)

func TestStartsThatFailInside(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: site(), perform: func(_ context.Context, a dispatch.Ask) (dispatch.Performed, error) {
		if strings.Contains(string(a.Work.Arguments), otherTask) {
			return dispatch.Performed{}, errors.New("a secret")
		}
		return dispatch.Performed{Accepted: true}, nil
	}}
	a := working(t, w, config.API{}).send("PUT", "/v4/reloadtask/-/start", byAll, asJSON)
	want := "1 of 2 tasks could not be started: Two (" + otherTask + "): internal error. Started: One (" + knownTask + ")"
	if a.Status != http.StatusInternalServerError || !strings.Contains(a.Body, want) || strings.Contains(a.Body, "secret") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestStartsAskOnceForEach(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: site()}
	id := `{"type":"starttaskid","payload":{"taskId":"` + knownTask + `"}}`
	upper := `{"type":"starttaskid","payload":{"taskId":"` + strings.ToUpper(knownTask) + `"}}`
	tag := `{"type":"starttasktag","payload":{"tag":"a"}}`
	property := `{"type":"starttaskcustomproperty","payload":{"customPropertyName":"p","customPropertyValue":"v"}}`
	body := "[" + strings.Join([]string{id, upper, tag, tag, property, property}, ",") + "]"
	if a := working(t, w, config.API{}).send("PUT", "/v4/reloadtask/-/start", body, asJSON); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	want := tasksQuery + ` {"task_ids":["` + knownTask + `"],"tags":["a"],"custom_properties":[{"name":"p","value":"v"}]}`
	if len(w.queries) != 1 || w.queries[0] != want {
		t.Errorf("%q", w.queries)
	}
}

func TestNamespacesOfStartsFitIntoPaths(t *testing.T) {
	t.Parallel()
	b := working(t, &fakeWork{answers: site()}, config.API{})
	pair := func(namespace, key string) string {
		return `[{"type":"keyvaluestore","payload":{"namespace":"` + namespace + `","key":"` + key + `","value":"v"}}]`
	}
	b.play(t, []scenario{
		{name: "take 100 characters", method: "PUT", path: "/v4/reloadtask/-/start", body: pair(strings.Repeat("å", 100), "k"), header: []string{asJSON}, status: 200},
		{name: "refuse 101", method: "PUT", path: "/v4/reloadtask/-/start", body: pair(strings.Repeat("å", 101), "k"), header: []string{asJSON}, status: 400,
			says: []string{"body/0/payload/namespace must NOT have more than 100 characters"}},
		{name: "say where a key is", method: "PUT", path: "/v4/reloadtask/-/start", body: pair("n", strings.Repeat("x", 1025)), header: []string{asJSON}, status: 400,
			says: []string{"body/0/payload/key must not be longer"}},
	})
}
