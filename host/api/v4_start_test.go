package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/taskfilter"
)

const otherTask = "7552d9fc-d1bb-4975-9a38-18357de531ea"

// site knows two tasks, of which both have a tag and one a property.
func site() map[string]string {
	one, two := `{"id":"`+knownTask+`","name":"One"}`, `{"id":"`+otherTask+`","name":"Two"}`
	return map[string]string{tasksQuery: `{"by_id":[` + one + `],"by_tag":[{"tag":"t","tasks":[` + one + `,` + two + `]}],
		"by_custom_property":[{"name":"p","value":"v","tasks":[` + two + `]}]}`}
}

const byAll = `[{"type":"starttasktag","payload":{"tag":"t"}},{"type":"starttaskcustomproperty","payload":{"customPropertyName":"p","customPropertyValue":"v"}}]`

func startOf(id string) string { return fmt.Sprintf(`qlik-sense-reload {"task_id":"%s"}`, id) }

func TestTasksAreStartedOnce(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: site()}
	b := working(t, w, config.API{})
	a := b.send("PUT", "/v4/reloadtask/"+strings.ToUpper(knownTask)+"/start", byAll, asJSON)
	want := `{"tasksId":{"started":[{"taskId":"` + knownTask + `","taskName":"One"}],"invalid":[],"denied":[]},` +
		`"tasksTag":[{"taskId":"` + knownTask + `","taskName":"One"},{"taskId":"` + otherTask + `","taskName":"Two"}],"tasksTagDenied":[],` +
		`"tasksCP":[{"taskId":"` + otherTask + `","taskName":"Two"}],"tasksCPDenied":[]}`
	if a.Status != http.StatusOK || a.Body != want {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if diff := cmp.Diff([]string{startOf(knownTask), startOf(otherTask)}, w.performed()); diff != "" {
		t.Errorf("started (-want +got):\n%s", diff)
	}
	for _, a := range w.asked {
		if a.Until != dispatch.UntilAccepted || a.By != byAPI {
			t.Errorf("asked for %+v", a)
		}
	}
}

func TestNothingIsStarted(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: map[string]string{tasksQuery: `{"by_id":[],"by_tag":[],"by_custom_property":[]}`}}
	b := working(t, w, config.API{})
	put := func(name, path, body string, status int, says string) scenario {
		return scenario{name: name, method: "PUT", path: path, body: body, header: []string{asJSON}, status: status, says: []string{says}}
	}
	all := "/v4/reloadtask/-/start"
	b.play(t, []scenario{
		put("for an empty list", all, `[]`, 200, `"started":[]`),
		put("for an id that is none", "/v4/reloadtask/abc/start", `[]`, 200, `"invalid":[{"taskId":"abc"}]`),
		put("for no id", "/v4/reloadtask//start", `[]`, 200, `"invalid":[{"taskId":""}]`),
		put("for a task that is not there", "/v4/reloadtask/"+knownTask+"/start", `[]`, 200, `"invalid":[{"taskId":"`+knownTask+`"}]`),
		put("for a payload without an id", all, `[{"type":"starttaskid","payload":{}}]`, 200, `"invalid":[{}]`),
		put("for ids that are wrong, in their order", "/v4/reloadtask/"+knownTask+"/start", `[{"type":"starttaskid","payload":{"taskId":"abc"}}]`, 200, `"invalid":[{"taskId":"`+knownTask+`"},{"taskId":"abc"}]`),
		put("for an object", all, `{}`, 400, "body must be array"),
		put("for a text", all, `"x"`, 400, "body/0 must be object"),
		put("for null", all, `null`, 400, "body/0 must be object"),
		put("for a list with null", all, `[null]`, 400, "body/0 must be object"),
		put("without a type", all, `[{"payload":{}}]`, 400, "body/0 must have required property 'type'"),
		put("for another type", all, `[{"type":"stoptask","payload":{}}]`, 400, "body/0/type must be equal to one of the allowed values"),
		put("without a payload", all, `[{"type":"starttaskid"}]`, 400, "body/0 must have required property 'payload'"),
		put("for a payload that is text", all, `[{"type":"starttaskid","payload":"x"}]`, 400, "body/0/payload must be object"),
		put("for more than 500", all, "["+strings.Repeat(`{},`, 500)+"{}]", 400, "more than 500 items"),
		put("for half a truth", all+"?allTaskIdsMustExist=1", `[]`, 400, "querystring/allTaskIdsMustExist must be boolean"),
		put("for a value without a namespace", all, `[{"type":"keyvaluestore","payload":{}}]`, 400, "required property 'namespace'"),
		{name: "without a body", method: "PUT", path: all, status: 400, says: []string{"body/0 must be object"}},
	})
	if len(w.asked) > 0 {
		t.Errorf("%v", w.performed())
	}
}

func TestStartTaskFilter(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: site()}
	filter := taskfilter.Filter{On: true, TaskIDs: map[string]bool{knownTask: true}, Tags: map[string]bool{"t": true}}
	b := working(t, w, config.API{StartTasks: filter})
	a := b.send("PUT", "/v4/reloadtask/"+otherTask+"/start", `[{"type":"starttasktag","payload":{"tag":"x"}},`+byAll[1:], asJSON)
	for _, text := range []string{`"denied":[{"taskId":"` + otherTask + `"}]`, `"tasksTagDenied":[{"tag":"x"}]`, `"tasksCPDenied":[{"name":"p","value":"v"}]`} {
		if a.Status != http.StatusOK || !strings.Contains(a.Body, text) {
			t.Errorf("%d %s has no %s", a.Status, a.Body, text)
		}
	}
	if got := w.queries; len(got) != 1 || got[0] != tasksQuery+` {"task_ids":[],"tags":["t"],"custom_properties":[]}` {
		t.Errorf("asked %q", got)
	}
}

func TestAllIDsMustExist(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: site()}
	b := working(t, w, config.API{})
	a := b.send("PUT", "/v4/reloadtask/"+knownTask+"/start?allTaskIdsMustExist=true", `[{"type":"starttaskid","payload":{"taskId":"abc"}}]`, asJSON)
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `{"started":[],"invalid":[{"taskId":"abc"}],"denied":[{"taskId":"`+knownTask+`"}]}`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for _, one := range w.performed() {
		if one == startOf(knownTask) && !strings.Contains(a.Body, `"tasksTag":[{"taskId":"`+knownTask) {
			t.Errorf("%s was started", one)
		}
	}
}

func TestValuesAreKeptBeforeTasksStart(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: site()}
	var b *bundle
	w.perform = func(ctx context.Context, _ dispatch.Ask) (dispatch.Performed, error) {
		if kv, err := b.options.KeyValues.Get(ctx, noon, "ns", "k"); err != nil || kv.Value != "4" {
			t.Errorf("as the task starts: %v %v", kv, err)
		}
		return dispatch.Performed{Accepted: true}, nil
	}
	b = working(t, w, config.API{})
	pair := `[{"type":"keyvaluestore","payload":{"namespace":"ns","key":"k","value":4,"ttl":""}}]`
	if a := b.send("POST", "/v4/reloadtask/"+knownTask+"/start", pair, asJSON); a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	w.failing = &plugin.QueryError{Text: "reading tasks: it answered 500"}
	pair = strings.ReplaceAll(pair, `"k"`, `"other"`)
	a := b.send("POST", "/v4/reloadtask/"+knownTask+"/start", pair, asJSON)
	if _, err := b.options.KeyValues.Get(t.Context(), noon, "ns", "other"); a.Status != http.StatusBadGateway || !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%d %s, and the value is there: %v", a.Status, a.Body, err)
	}
}

func TestStartsThatFail(t *testing.T) {
	t.Parallel()
	failed := func(text, result string) (dispatch.Performed, error) {
		return dispatch.Performed{Run: run.Run{ID: "r", State: run.Failed, Error: text}, Result: []byte(result)}, nil
	}
	cases := []struct {
		name   string
		do     func() (dispatch.Performed, error)
		status int
		says   string
	}{
		{"by Qlik Sense", func() (dispatch.Performed, error) { return failed("starting task: it answered 500", "") }, 502,
			`1 of 1 tasks could not be started: One (` + knownTask + `): starting task: it answered 500`},
		{"as it executes", func() (dispatch.Performed, error) { return failed("x", `{"tasks":[{"refused":"executing"}]}`) }, 200,
			`"started":[],"invalid":[],"denied":[{"taskId":"` + knownTask + `"}]`},
		{"without a reason", func() (dispatch.Performed, error) {
			return failed("it did not start it", `{"tasks":[{"refused":"unexplained"}]}`)
		}, 502, "it did not start it"},
		{"as it does not answer", func() (dispatch.Performed, error) {
			return dispatch.Performed{Run: run.Run{ID: "r", State: run.Running}}, nil
		}, 504, "run r tells"},
		{"as too many do", func() (dispatch.Performed, error) { return dispatch.Performed{}, dispatch.ErrBusy }, 503, "too many runs"},
		{"without a plugin", func() (dispatch.Performed, error) { return dispatch.Performed{}, dispatch.ErrNoAction }, 400,
			`declare plugin \"qlik-sense-reload\"`},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := &fakeWork{answers: site(), perform: func(context.Context, dispatch.Ask) (dispatch.Performed, error) { return tt.do() }}
			w.answers[tasksQuery] = strings.ReplaceAll(w.answers[tasksQuery], "by_tag", "none")
			w.answers[tasksQuery] = strings.ReplaceAll(w.answers[tasksQuery], "by_custom_property", "none")
			a := working(t, w, config.API{}).send("PUT", "/v4/reloadtask/"+knownTask+"/start", `[]`, asJSON)
			if a.Status != tt.status || !strings.Contains(a.Body, tt.says) {
				t.Errorf("%d %s; want %d and %s", a.Status, a.Body, tt.status, tt.says)
			}
		})
	}
}

func TestSomeStartsFail(t *testing.T) {
	t.Parallel()
	w := &fakeWork{answers: site(), perform: func(_ context.Context, a dispatch.Ask) (dispatch.Performed, error) {
		if strings.Contains(string(a.Work.Arguments), otherTask) {
			return dispatch.Performed{Run: run.Run{State: run.Failed, Error: "no"}}, nil
		}
		return dispatch.Performed{Accepted: true}, nil
	}}
	a := working(t, w, config.API{}).send("PUT", "/v4/reloadtask/-/start", byAll, asJSON)
	want := "1 of 2 tasks could not be started: Two (" + otherTask + "): no. Started: One (" + knownTask + ")"
	if a.Status != http.StatusBadGateway || !strings.Contains(a.Body, want) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestCallersDoNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWork{answers: site(), perform: func(ctx context.Context, _ dispatch.Ask) (dispatch.Performed, error) {
			<-ctx.Done()
			return dispatch.Performed{Run: run.Run{ID: "r", State: run.Running}}, nil
		}}
		b := working(t, w, config.API{})
		if a := b.send("PUT", "/v4/reloadtask/-/start", byAll, asJSON); a.Status != http.StatusGatewayTimeout {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
}
