package loadscripts_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// request is one of load-script-requests.json.
type request struct {
	Sub         string `json:"sub"`
	Method      string `json:"method"`
	Override    string `json:"override"`
	ContentType string `json:"content_type"`
	Path        string `json:"path"`
	Body        string `json:"body"`
	Reads       string `json:"reads"`
}

func requests(t *testing.T) []request {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "load-script-requests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Requests []request }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Requests) != 20 {
		t.Fatalf("%d requests, %v", len(file.Requests), err)
	}
	return file.Requests
}

// trial is what a request of the file is sent with.
type trial struct {
	prepare func(t *testing.T, w *world)
	path    string // in place of the file's, with its parameters filled in
	body    string // likewise
	status  int
	want    string // the answer, as JSON; empty: none
	holds   func(w *world) bool
}

// trials are by the names in the file.
func trials(w *world) map[string]trial {
	file := func(name string) string { return w.dir + "/" + name }
	put := func(body string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { w.post(t, "/v4/keyvalues/my%20ns", body) }
	}
	hash := strings.ReplaceAll(file("from/a#1.txt"), "#", "%23")
	write := func(name string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { w.write(t, name) }
	}
	pair := put(`{"key":"a b","value":"1"}`)
	started := func(w *world) bool { return len(w.qrs.Starts()) > 0 }
	none := `{"tasksId":{"started":[],"invalid":[{"taskId":"` + noTask + `"}],"denied":[]},"tasksTag":[],"tasksTagDenied":[],"tasksCP":[],"tasksCPDenied":[]}`
	return map[string]trial{
		"list enabled endpoints": {path: "/v4/configfile/endpointsenabled", status: 200, want: `*`},
		"reload app": {
			path: "/v4/app/" + enginesimApp + "/reload", status: 201, want: `{"appId":"` + enginesimApp + `"}`,
			body:  `{"partialReload":"true", "reloadMode":0, "startQSEoWTaskOnSuccess":["` + taskApp2 + `","` + taskApp3 + `"], "startQSEoWTaskOnFailure":[]}`,
			holds: func(w *world) bool { return len(w.engine.Reloads()) > 0 && started(w) },
		},
		"start task": {
			path: "/v4/reloadtask/-/start", status: 200, want: `*`, holds: started,
			body: `[{"type":"starttaskid", "payload":{"taskId":"` + taskApp1 + `"}},{"type":"starttasktag", "payload":{"tag":"startTask2"}},{"type":"starttaskcustomproperty", "payload":{"customPropertyName":"Owner", "customPropertyValue":"a b"}},{"type":"keyvaluestore", "payload":{"namespace":"started", "key":"k", "value":"v", "ttl":"10000"}}]`,
		},
		"start task, nothing else":           {path: "/v4/reloadtask/" + noTask + "/start", body: `[]`, status: 200, want: none},
		"start task with one key-value pair": {path: "/v4/reloadtask/" + noTask + "/start", body: `[{"type":"keyvaluestore", "payload":{"namespace":"n", "key":"k", "value":"v", "ttl":""}}]`, status: 200, want: none},
		"copy file": {
			prepare: write("from/a#1.txt"), path: "/v4/filecopy", status: 201, holds: func(w *world) bool { return w.there("to/a#2.txt") },
			body: `{"fromFile":"` + hash + `", "toFile":"` + file("to/a%232.txt") + `", "overwrite":"true", "preserveTimestamp":"false"}`,
			want: `{"fromFile":"` + file("from/a#1.txt") + `","toFile":"` + file("to/a#2.txt") + `","overwrite":true,"preserveTimestamp":false}`,
		},
		"move file": {
			prepare: write("from/b.txt"), path: "/v4/filemove", status: 201, holds: func(w *world) bool { return w.there("to/b.txt") && !w.there("from/b.txt") },
			body: `{"fromFile":"` + file("from/b.txt") + `", "toFile":"` + file("to/b.txt") + `", "overwrite":"true"}`,
			want: `{"fromFile":"` + file("from/b.txt") + `","toFile":"` + file("to/b.txt") + `","overwrite":true}`,
		},
		"delete file": {
			prepare: write("gone/c#.txt"), path: "/v4/filedelete", status: 204, holds: func(w *world) bool { return !w.there("gone/c#.txt") },
			body: `{"deleteFile":"` + file("gone/c%23.txt") + `"}`,
		},
		"create directory":                   {path: "/v4/createdir", body: `{"directory":"` + file("made/d") + `"}`, status: 201, want: `{"directory":"` + file("made/d") + `"}`, holds: func(w *world) bool { return w.there("made/d") }},
		"create QVD directory":               {path: "/v4/createdirqvd", body: `{"directory":"x/y"}`, status: 201, want: `{"directory":"x/y"}`, holds: func(w *world) bool { return w.there("qvd/x/y") }},
		"add key-value":                      {path: "/v4/keyvalues/my%20ns", body: `{"key": "a b", "value": "1", "ttl": "60000"}`, status: 201, want: `{"namespace":"my ns","key":"a b","value":"1","ttl":60000}`},
		"add key-value without time to live": {path: "/v4/keyvalues/my%20ns", body: `{"key": "a b", "value": "1"}`, status: 201, want: `{"namespace":"my ns","key":"a b","value":"1","ttl":0}`},
		"get key-value":                      {prepare: pair, path: "/v4/keyvalues/my%20ns?key=a+b", status: 200, want: `{"namespace":"my ns","key":"a b","value":"1"}`},
		"delete key":                         {prepare: pair, path: "/v4/keyvalues/my%20ns/a%20b", status: 204},
		"key exists":                         {prepare: pair, path: "/v4/keyvalues/my%20ns/keyexists?key=a%20b", status: 200, want: `{"keyExists":true,"keyValue":{"namespace":"my ns","key":"a b","value":"1"}}`},
		"delete namespace":                   {prepare: pair, path: "/v4/keyvalues/my%20ns", status: 204},
		"list namespaces":                    {prepare: pair, path: "/v4/keyvaluesnamespaces", status: 200, want: `*`},
		"list keys":                          {prepare: pair, path: "/v4/keylist/my%20ns", status: 200, want: `{"namespace":"my ns","keys":[{"key":"a b"}]}`},
		"publish to MQTT":                    {path: "/v4/mqttpublishmessage", body: `{"topic":"a/b", "message":"raw"}`, status: 201, want: `{"topic":"a/b","message":"raw"}`, holds: func(w *world) bool { return w.heard.heard("mqtt a/b raw") }},
		"post to Slack": {
			path: "/v4/slackpostmessage", body: `{"channel":"#general", "from_user":"me", "msg":"raw", "emoji":":+1:"}`, status: 201,
			want: `{"channel":"#general","from_user":"me","msg":"raw","emoji":":+1:"}`, holds: func(w *world) bool { return w.heard.heard("/slack", "#general", "raw") },
		},
	}
}

// testRequests sends each request of the file as the connector may send it.
func testRequests(t *testing.T, w *world) {
	for _, q := range requests(t) {
		trial, ok := trials(w)[q.Sub]
		if !ok {
			t.Errorf("%s: there is no trial", q.Sub)
			continue
		}
		if !matches(q.Path, trial.path) {
			t.Errorf("%s: %s is not %s with its parameters filled in", q.Sub, trial.path, q.Path)
		}
		for _, mime := range []string{"application/json", "application/json; charset=utf-8", ""} {
			if q.Method == http.MethodPost && q.Body == "" && mime != "" {
				// Refused as by Butler: JSON that is announced and not there. So the subs, and the
				// connection of README.md, have a body always.
				trial.refused(t, w, q, mime)
				continue
			}
			trial.try(t, w, q, mime, trial.body)
		}
		if q.Body == "" && q.Method == http.MethodPost {
			trial.try(t, w, q, "application/json", dummy)
			trial.try(t, w, q, "", dummy)
		}
	}
}

func (tr trial) try(t *testing.T, w *world, q request, mime, body string) {
	t.Helper()
	if tr.prepare != nil {
		tr.prepare(t, w)
	}
	header := http.Header{}
	if mime != "" {
		header.Set("Content-Type", mime)
	}
	if q.Override != "" {
		header.Set("X-HTTP-Method-Override", q.Override)
	}
	e, err := newConnector().send(q.Method, w.url+tr.path, body, header)
	if err != nil {
		t.Fatal(err)
	}
	if e.status != tr.status {
		t.Errorf("%s (%q, %q): %d %s, want %d", q.Sub, mime, body, e.status, e.answer, tr.status)
		return
	}
	loadable(t, q.Sub, e, tr.want)
	if tr.holds != nil && !eventually(t, func() bool { return tr.holds(w) }) {
		t.Errorf("%s: it had no effect", q.Sub)
	}
}

// refused sends a request without a body whose type is declared.
func (tr trial) refused(t *testing.T, w *world, q request, mime string) {
	t.Helper()
	header := http.Header{"Content-Type": {mime}, "X-Http-Method-Override": {q.Override}}
	e, err := newConnector().send(q.Method, w.url+tr.path, "", header)
	if err != nil || e.status != http.StatusBadRequest || !strings.Contains(e.answer, "FST_ERR_CTP_EMPTY_JSON_BODY") {
		t.Errorf("%s (%q, no body): %d %s, %v", q.Sub, mime, e.status, e.answer, err)
	}
}

// loadable checks an answer as the connector meets it: its type, its members, and that
// lists and their elements are what a script reads. The order of members does not
// matter, but that the same ones are there each time.
func loadable(t *testing.T, name string, e exchange, want string) {
	t.Helper()
	if want == "" {
		if e.answer != "" {
			t.Errorf("%s: an answer where none is: %s", name, e.answer)
		}
		return
	}
	if !strings.HasPrefix(e.mime, "application/json") {
		t.Errorf("%s: the answer is %q", name, e.mime)
	}
	var got, wanted any
	if err := json.Unmarshal([]byte(e.answer), &got); err != nil {
		t.Errorf("%s: the answer is no JSON: %v", name, err)
	}
	if want == "*" {
		return // what it holds differs from time to time; the subs read it
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if a, b := canonical(got), canonical(wanted); a != b {
		t.Errorf("%s: %s, want %s", name, a, b)
	}
}

func canonical(value any) string {
	data, _ := json.Marshal(value) // has come from JSON
	return string(data)
}

// matches says whether an address is that of a template with {parameters}.
func matches(template, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	wantPath, wantQuery, _ := strings.Cut(template, "?")
	want, got := strings.Split(wantPath, "/"), strings.Split(u.EscapedPath(), "/")
	if len(want) != len(got) || (wantQuery == "") != (u.RawQuery == "") {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(want[i], "{") && want[i] != got[i] {
			return false
		}
	}
	name, _, _ := strings.Cut(wantQuery, "=")
	return name == "" || u.Query().Has(name)
}
