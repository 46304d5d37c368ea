package qrssim

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	app1 := nameID("app", "App1").String()
	tests := []struct {
		method, path, body string
		status             int
		want               string // part of the body
	}{
		{"GET", "/qrs/about", "", 200, `"nodeType":1`},
		{"GET", "/qrs/about/", "", 200, `"nodeType":1`},
		{"GET", "/QRS/About", "", 200, `"nodeType":1`},
		{"GET", "/qrs/task", "", 200, `"name":"Runs a program"`},
		{"GET", "/qrs/task/full", "", 200, `"schemaPath":"UserSyncTask"`},
		{"GET", "/qrs/task/" + app1Task, "", 404, "No matching endpoint found"},
		{"GET", "/qrs/task/count", "", 404, "No matching endpoint found"},
		{"POST", "/qrs/task/" + app1Task + "/start", "{}", 204, ""},
		{"POST", "/qrs/task/" + app1Task + "/start", "", 204, ""},
		{"POST", "/qrs/Task/" + strings.ToUpper(app1Task) + "/Start/Synchronous", "", 201, `{"value":"`},
		{"POST", "/qrs/task/" + unknownTask + "/start", "", 404, "Item not found"},
		{"POST", "/qrs/task/" + unknownTask + "/start/synchronous", "", 404, "Item not found"},
		{"POST", "/qrs/task/1/start", "", 404, "No matching endpoint found"},
		{"GET", "/qrs/task/" + app1Task + "/start", "", 404, "No matching endpoint found"},
		{"POST", "/qrs/task/start?name=reload%20task%20of%20app1", "", 204, ""},
		{"POST", "/qrs/task/start/synchronous?Name=Reload%20task%20of%20App3%20%C3%A5%C3%A4%C3%B6", "", 201, `{"value":"`},
		{"POST", "/qrs/task/start?name=Reload%20task%20of%20nothing", "", 400, `"Reload task of nothing"`},
		{"POST", "/qrs/task/start/synchronous", "", 400, "Missing parameter value(s)"},
		{"POST", "/qrs/task/start?name=a&b", "", 400, "Missing parameter value(s)"},
		{"POST", "/qrs/task/start/many", jsonList([]string{app1Task, app2Task}), 204, ""},
		{"POST", "/qrs/task/start/many", jsonList([]string{app1Task, unknownTask}), 404, "Item not found"},
		{"POST", "/qrs/task/start/many", `{}`, 400, "Expected a list of ids"},
		{"POST", "/qrs/task/start/many", `["x"]`, 400, "Expected a list of ids"},
		{"POST", "/qrs/task/" + app1Task + "/stop", "", 204, ""},
		{"POST", "/qrs/task/" + unknownTask + "/stop", "", 404, "Item not found"},
		{"POST", "/qrs/task/stop/many", jsonList([]string{app1Task}), 204, ""},
		{"GET", "/qrs/reloadtask", "", 200, app1Task},
		{"GET", "/qrs/reloadtask/full", "", 200, `"schemaPath":"ReloadTask"`},
		{"GET", "/qrs/reloadtask/count", "", 200, `{"value":9}`},
		{"GET", "/qrs/reloadtask/count?filter=enabled%20eq%20false", "", 200, `{"value":1}`},
		{"GET", "/qrs/reloadtask/" + app1Task, "", 200, `"name":"Reload task of App1"`},
		{"GET", "/qrs/reloadtask/" + unknownTask, "", 404, "Item not found"},
		{"GET", "/qrs/reloadtask/" + externalTask, "", 404, "Item not found"},
		{"GET", "/qrs/reloadtask/" + strings.ReplaceAll(app1Task, "-", ""), "", 404, "No matching endpoint found"},
		{"GET", "/qrs/reloadtask/x", "", 404, "No matching endpoint found"},
		{"GET", "/qrs/reloadtask/" + app1Task + "/scriptlog", "", 400, "Missing parameter value(s)"},
		{"GET", "/qrs/reloadtask/" + app1Task + "/scriptlogfile?executionResultId=x", "", 400, "Missing parameter value(s)"},
		{"GET", "/qrs/reloadtask/" + app1Task + "/scriptlog?fileReferenceId=" + unknownTask, "", 404, "Item not found"},
		{"GET", "/qrs/reloadtask/" + app1Task + "/scriptlogfile?executionResultId=" + unknownTask, "", 404, "Item not found"},
		{"GET", "/qrs/download/reloadtask/" + unknownTask + "/x.log", "", 404, "Item not found"},
		{"GET", "/qrs/externalprogramtask", "", 200, externalTask},
		{"GET", "/qrs/externalprogramtask/full", "", 200, `"path":"C:\\jobs\\export.exe"`},
		{"GET", "/qrs/externalprogramtask/" + externalTask, "", 200, `"taskType":1`},
		{"GET", "/qrs/externalprogramtask/count", "", 200, `{"value":1}`},
		{"GET", "/qrs/usersynctask/full", "", 200, `"userDirectory":{`},
		{"GET", "/qrs/usersynctask/" + syncTask, "", 200, `"taskType":2`},
		{"GET", "/qrs/executionsession", "", 200, `[]`},
		{"GET", "/qrs/executionsession/full", "", 200, `[]`},
		{"GET", "/qrs/executionsession/" + unknownTask, "", 404, "Item not found"},
		{"GET", "/qrs/executionresult", "", 200, `[]`},
		{"GET", "/qrs/executionresult/full", "", 200, `[]`},
		{"GET", "/qrs/executionresult/count", "", 200, `{"value":0}`},
		{"GET", "/qrs/executionresult/" + unknownTask, "", 404, "Item not found"},
		{"GET", "/qrs/app", "", 200, app1},
		{"GET", "/qrs/app/full", "", 200, `"owner":{`},
		{"GET", "/qrs/app/" + app1, "", 200, `"schemaPath":"App"`},
		{"GET", "/qrs/app/" + unknownTask, "", 404, "Item not found"},
		{"GET", "/qrs/app/count?filter=id%20eq%20" + app1, "", 200, `{"value":1}`},
		{"POST", "/qrs/app/" + app1 + "/reload", "", 204, ""},
		{"POST", "/qrs/app/" + unknownTask + "/reload", "", 404, "Item not found"},
		{"GET", "/qrs/tag", "", 200, `"name":"it's"`},
		{"GET", "/qrs/tag/full", "", 200, `"schemaPath":"Tag"`},
		{"GET", "/qrs/custompropertydefinition", "", 200, `"choiceValues":["tasks1","tasks2"]`},
		{"GET", "/qrs/custompropertydefinition/full", "", 200, `"schemaPath":"CustomPropertyDefinition"`},
		{"GET", "/qrs/nothing", "", 404, "No matching endpoint found"},
		{"GET", "/", "", 404, "No matching endpoint found"},
		{"PATCH", "/qrs/task", "", 404, "No matching endpoint found"},
		{"GET", "/butler/qrs/about", "", 404, "No matching endpoint found"},
		{"POST", "/qrs/task/start/many", strings.Repeat(" ", maxBody+1), 413, "too large"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+strings.ReplaceAll(tt.path, "/", "-"), func(t *testing.T) {
			t.Parallel()
			w := newBench(t, Options{}).call(tt.method, tt.path, tt.body)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("answered %d %.300s, want %d with %s", w.Code, w.Body, tt.status, tt.want)
			}
			if w.Code == http.StatusNoContent && (w.Body.Len() > 0 || w.Header().Get("Content-Type") != "") {
				t.Errorf("204 with content type %q and body %q", w.Header().Get("Content-Type"), w.Body)
			}
			if w.Code == http.StatusNotFound && w.Header().Get("Content-Type") != typeText {
				t.Errorf("404 as %s", w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestCondensedRowsHaveLess(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.start(app1Task)
	for path, fullOnly := range map[string]string{
		"task": "tags", "reloadtask": "app", "executionsession": "schemaPath", "executionresult": "taskID", "app": "owner", "tag": "schemaPath",
		"custompropertydefinition": "objectTypes",
	} {
		condensed := decode[[]map[string]any](t, b.get("/qrs/"+path))[0]
		full := decode[[]map[string]any](t, b.get("/qrs/"+path+"/full"))[0]
		if _, ok := condensed[fullOnly]; ok {
			t.Errorf("the condensed %s has %s", path, fullOnly)
		}
		if _, ok := full[fullOnly]; !ok {
			t.Errorf("the full %s lacks %s", path, fullOnly)
		}
	}
	if details := decode[[]resultJSON](t, b.get("/qrs/executionresult"))[0].Details; len(details) != 0 {
		t.Errorf("the condensed result has details %v", details)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	const body = `{"type":"ReloadTask","columns":[
		{"name":"n","columnType":"Property","definition":"name"},
		{"name":"status","columnType":"Property","definition":"operational.lastExecutionResult.status"},
		{"name":"tag","columnType":"Property","definition":"tags.name"}]}`
	path := filtered("/qrs/reloadtask/table", "name sw 'Reload task of'")
	w := b.post(path+"&skip=1&take=2&sortColumn=name&orderAscending=false", body)
	got := decode[struct {
		ColumnNames []string
		Rows        [][]any
		SchemaPath  string
	}](t, w)
	want := [][]any{{"Reload task of App3 åäö", 0.0, "it's"}, {"Reload task of App2", 0.0, "startTask1"}}
	if w.Code != http.StatusCreated || got.SchemaPath != "Table" {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if diff := cmp.Diff(want, got.Rows) + cmp.Diff([]string{"n", "status", "tag"}, got.ColumnNames); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	for name, bad := range map[string][2]string{
		"no body":            {path, ""},
		"no columns":         {path, `{"columns":[]}`},
		"unknown property":   {path, `{"columns":[{"columnType":"Property","definition":"x"}]}`},
		"other column types": {path, `{"columns":[{"columnType":"Function","definition":"name"}]}`},
		"negative skip":      {path + "&skip=-1", body},
		"take that is none":  {path + "&take=x", body},
		"unknown order":      {path + "&sortcolumn=x", body},
	} {
		if w := b.post(bad[0], bad[1]); w.Code != http.StatusBadRequest {
			t.Errorf("%s: answered %d %s, want 400", name, w.Code, w.Body)
		}
	}
	for query, rows := range map[string]int{"&skip=100": 0, "&skip=3&take=9": 1, "&take=0": 0, "": 4} {
		if got := len(decode[struct{ Rows [][]any }](t, b.post(path+query, body)).Rows); got != rows {
			t.Errorf("%q has %d rows, want %d", query, got, rows)
		}
	}
}

func TestReloadOfAnApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		path := "/qrs/app/" + nameID("app", "App1").String() + "/reload"
		for range 2 {
			b.post(path, "")
			time.Sleep(time.Minute)
		}
		rows := decode[[]struct {
			ID                  string
			IsManuallyTriggered bool
		}](t, b.get(filtered("/qrs/reloadtask/full", "name eq 'Manually triggered reload of App1'")))
		if len(rows) != 1 || !rows[0].IsManuallyTriggered {
			t.Fatalf("tasks = %+v, want one that is triggered by hand", rows)
		}
		app := decode[struct{ LastReloadTime time.Time }](t, b.get(strings.TrimSuffix(path, "/reload")))
		if got := time.Since(app.LastReloadTime); got != time.Minute-2100*time.Millisecond {
			t.Errorf("the app was reloaded %v ago", got)
		}
		if got := len(decode[[]any](t, b.get(filtered("/qrs/executionresult", "taskID eq "+rows[0].ID)))); got != 2 {
			t.Errorf("%d results, want 2", got)
		}
	})
}

func TestStartByNameOfSeveralTasksTakesTheFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Seed: mustSeed(t, `{"nodes":[{"name":"n"}],"tasks":[
		{"name":"T","type":"user_sync"},{"id":"%s","name":"T","type":"user_sync"}]}`, app1Task)})
	b.post("/qrs/task/start?name=T", "")
	if starts := b.Starts(); len(starts) != 1 || starts[0].TaskID != nameID("task", "T") {
		t.Errorf("Starts() = %+v, want one of the first", starts)
	}
}
