package api

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"butlerd/host/config"
	"butlerd/host/files"
	"butlerd/host/store"
)

// fuzzSite is a server over a real store and real directories, whose plugins know
// two tasks and do all that is asked. What is wrong is then the caller's mistake: no
// answer may say that it was the host's.
func fuzzSite(f *testing.F) *bundle {
	f.Helper()
	dir := filepath.ToSlash(f.TempDir())
	for _, name := range []string{"from", "to", "trash", "new", "qvd"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			f.Fatal(err)
		}
	}
	pairs := []files.Pair{{From: dir + "/from", To: dir + "/to"}}
	settings := config.API{
		KeyValues: config.KeyValueStore{MaxKeys: 50, MaxNamespaces: 50, MaxBytes: 1 << 20},
		Files:     files.Approved{Copy: pairs, Move: pairs, Delete: []string{dir + "/trash"}, Create: []string{dir + "/new"}, QVD: dir + "/qvd"},
	}
	w := &fakeWork{answers: map[string]string{
		tasksQuery: `{"by_id":[{"id":"` + knownTask + `","name":"one"}],"by_tag":[{"tag":"t","tasks":[{"id":"2","name":"two"}]}],"by_custom_property":[]}`,
		appsQuery:  `{"apps":[]}`,
		dumpQuery:  `{"loadScript":""}`,
	}}
	return setup(f, func(o *Options) {
		o.KeyValues = o.History.(store.KeyValues)
		o.Work = w
		o.Settings = func() config.API { return settings }
	})
}

// within puts the approved directories of a site into a body that names them
// as @.
func (b *bundle) within(body string) string {
	return strings.ReplaceAll(body, "@", filepath.ToSlash(filepath.Dir(b.settings().Files.QVD)))
}

// fuzzBodies sends bodies to routes, by number, as JSON. seeds are bodies that
// each route gets.
func fuzzBodies(f *testing.F, routes []string, seeds ...string) {
	f.Helper()
	for i := range routes {
		for _, seed := range append(seeds, "", "null", "[]", "{", `{"__proto__":1}`, `[{"type":1e999}]`, "\uFEFF{}", strings.Repeat(`{"a":`, 11_000)) {
			f.Add(uint8(i), seed)
		}
	}
	b := fuzzSite(f)
	f.Fuzz(func(t *testing.T, i uint8, body string) {
		b.t = t
		method, path, _ := strings.Cut(routes[int(i)%len(routes)], " ")
		a := b.send(method, path, b.within(body), asJSON) // which also holds it to the description
		b.checkMine(method, path, a)
	})
}

// checkMine sees that an answer blames the caller, if anybody, and says for what.
func (b *bundle) checkMine(method, path string, a answer) {
	b.t.Helper()
	switch {
	case a.Status >= 500:
		b.t.Errorf("%s %.200q: %d %.500s", method, path, a.Status, a.Body)
	case a.Status >= 400 && method != http.MethodHead && !strings.Contains(a.Body, `"message":"`):
		b.t.Errorf("%s %.200q: %d without a message: %.500s", method, path, a.Status, a.Body)
	}
}

// FuzzStart sends bodies to the start of tasks.
func FuzzStart(f *testing.F) {
	fuzzBodies(f, []string{"PUT /v4/reloadtask/-/start", "POST /v4/reloadtask/" + knownTask + "/start?allTaskIdsMustExist=true"},
		`[{"type":"starttaskid","payload":{"taskId":"`+knownTask+`"}},{"type":"starttaskid","payload":{}}]`,
		`[{"type":"starttasktag","payload":{"tag":"t"}},{"type":"starttaskcustomproperty","payload":{"customPropertyName":"a","customPropertyValue":"b"}}]`,
		`[{"type":"keyvaluestore","payload":{"namespace":"n","key":"k","value":"v","ttl":""}},{"type":"keyvaluestore","payload":{"namespace":"\u0000","key":[1],"ttl":-1e300}}]`,
		`[{"type":"x","payload":[]}]`)
}

// FuzzKeyValue sends bodies to the key-value store.
func FuzzKeyValue(f *testing.F) {
	fuzzBodies(f, []string{"POST /v4/keyvalues/n", "POST /v4/keyvalues/", "DELETE /v4/keyvalues/n", "DELETE /v4/keyvalues/n/k"},
		`{"key":"k","value":"v","ttl":1}`, `{"key":["k"],"value":null,"ttl":" 5e3 "}`, `{"key":"\ud800\u0000","value":{},"ttl":1e15}`, `{"key":true,"value":-0}`)
}

// FuzzFiles sends bodies to what is done with files, with directories in which all
// of it is allowed.
func FuzzFiles(f *testing.F) {
	fuzzBodies(f, []string{"PUT /v4/filecopy", "PUT /v4/filemove", "DELETE /v4/filedelete", "POST /v4/createdir", "POST /v4/createdirqvd"},
		`{"fromFile":"@/from/a","toFile":"@/to/b","overwrite":"true","preserveTimestamp":1}`, `{"deleteFile":"@/trash/../trash/x%23"}`,
		`{"directory":"@/new/a/b"}`, `{"directory":"a/../../b"}`, `{"fromFile":"\\\\host\\share","toFile":"@/to/\u0000"}`, `{"directory":"a\ud800\\b"}`,
		`{"directory":"`+strings.Repeat("a/", 10_000)+`"}`, `{"directory":"@/new/`+strings.Repeat("a", 300)+`"}`)
}

// FuzzWork sends bodies to what plugins do: of apps and messages.
func FuzzWork(f *testing.F) {
	fuzzBodies(f, []string{"PUT /v4/app/" + knownTask + "/reload", "PUT /v4/mqttpublishmessage", "PUT /v4/slackpostmessage", "POST /v4/newrelic/event", "POST /v4/newrelic/metric"},
		`{"partialReload":"true","reloadMode":"2","startQSEoWTaskOnSuccess":["`+knownTask+`"],"startQSEoWTaskOnFailure":"x"}`,
		`{"topic":"a","message":[1]}`, `{"channel":"a","from_user":1e300,"msg":"\u2028","emoji":null}`,
		`{"eventType":"x","timestamp":1.5e12,"attributes":[{"name":"a","value":1},{"name":"a"}]}`,
		`{"name":"x","type":"gauge","value":"1e308","interval":1,"attributes":[{"name":"\ud800","value":{}}]}`)
}

// FuzzV4Path asks for paths and queries, with any method and no body.
func FuzzV4Path(f *testing.F) {
	methods := []string{"GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"}
	for i := range methods {
		for _, path := range []string{
			"schedules", "schedules?id=x&id=y", "schedules/", "schedules/%2F/start", "schedules//stop", "schedules/startall", "keyvalues/%00/keyexists?key=%ff",
			"keyvalues//?key=", "keylist/" + strings.Repeat("%C3%A5", 101), "reloadtask/-/start?allTaskIdsMustExist=1", "app/x/dump", "base62tobase16?base62=ZZ",
			"base16tobase62?base16=%2D1", "../v4/./butlerping", "%zz", "a%", "%ED%A0%80", "//", "senseappdump/" + knownTask, "apps/list?a[]=b&;",
		} {
			f.Add(uint8(i), path)
		}
	}
	b := fuzzSite(f)
	f.Fuzz(func(t *testing.T, i uint8, path string) {
		if strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' }) || len(path) > maxHeader/2 {
			return // no path may hold it
		}
		b.t = t
		method, path := methods[int(i)%len(methods)], "/v4/"+path
		if _, err := url.Parse("http://butlerd" + path); err != nil { // Go's client does not send it
			b.checkMine(method, path, b.raw("GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
			return
		}
		b.checkMine(method, path, b.send(method, path, ""))
	})
}
