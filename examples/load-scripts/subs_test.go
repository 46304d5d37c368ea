package loadscripts_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files are the scripts that only have subs, the one first that the others need.
func files() []string {
	return []string{"butlerd.qvs", "endpoints.qvs", "keyvalues.qvs", "files.qvs", "tasks.qvs", "apps.qvs", "schedules.qvs", "messages.qvs"}
}

// newSession is a script that has included all files, and called Butlerd.Use.
func (w *world) newSession(t *testing.T) *script {
	t.Helper()
	s, err := newScript(newConnector(), files()...)
	if err == nil {
		_, err = s.invoke("Butlerd.Use", w.url, getConnection, postConnection)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// awkward has all that needs care on its way: in scripts, in JSON and in addresses.
const awkward = `it's "a\b" #1 $(Butlerd.Url) + 100% & /?=;,` + "\t\r\n" + `åäö € 😀 {}[]`

// play calls a sub, and says what must come of it.
type play struct {
	sub     string
	args    []string
	request string // what the sub sends, in the file; or, if it is not there:
	method  string // with the override
	path    string
	before  func(t *testing.T, w *world)
	came    func(w *world, s *script) bool // soon afterwards
}

func out(s *script, at int) string { return text(s.globals[fmt.Sprintf("Argument.%d", at)]) }

// column are the values of a field in a table.
func column(s *script, table, field string) []string {
	var list []string
	for _, r := range s.tables[table] {
		list = append(list, text(r[field]))
	}
	return list
}

func has(field string, values ...string) func(*world, *script) bool {
	return func(_ *world, s *script) bool {
		list := column(s, "T", field)
		return !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(list, v) })
	}
}

func (w *world) plays() []play {
	file := func(name string) string { return strings.ReplaceAll(w.dir, "/", `\`) + `\` + name }
	write := func(name string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { w.write(t, name) }
	}
	there := func(yes, no string) func(*world, *script) bool {
		return func(w *world, _ *script) bool { return w.there(yes) && (no == "" || !w.there(no)) }
	}
	idle := func(t *testing.T, w *world) { eventually(t, func() bool { return w.qrs.Running() == 0 }) }
	is := func(at int, want string) func(*world, *script) bool {
		return func(_ *world, s *script) bool { return out(s, at) == want }
	}
	heard := func(texts ...string) func(*world, *script) bool {
		return func(w *world, _ *script) bool { return w.heard.heard(texts...) }
	}
	const message = `say "hi" to #1 \ $(x)`
	return []play{
		{sub: "Butlerd.Ping", args: []string{""}, method: "GET", path: "/v4/butlerping", came: func(_ *world, s *script) bool { return out(s, 1) != "" }},
		{sub: "Butlerd.Endpoints", args: []string{"T"}, request: "list enabled endpoints", came: has("Butlerd.Endpoint", "keyValueStore", "senseStartTask")},
		{sub: "Butlerd.ToBase16", args: []string{"6DMW88LpSok9Z7P7hUK0wv7bF", ""}, method: "GET", path: "/v4/base62tobase16?base62={x}", came: func(_ *world, s *script) bool { return out(s, 2) != "" }},
		{sub: "Butlerd.ToBase62", args: []string{"ff", ""}, method: "GET", path: "/v4/base16tobase62?base16={x}", came: is(2, "47")},

		{sub: "Butlerd.PutValue", args: []string{awkward, awkward, awkward, "60000"}, request: "add key-value"},
		{sub: "Butlerd.GetValue", args: []string{awkward, awkward, ""}, request: "get key-value", came: is(3, awkward)},
		{sub: "Butlerd.PutValue", args: []string{awkward, "k", "", ""}, request: "add key-value without time to live"},
		{sub: "Butlerd.HasValue", args: []string{awkward, awkward, ""}, request: "key exists", came: is(3, "1")},
		{sub: "Butlerd.HasValue", args: []string{awkward, "other", ""}, request: "key exists", came: is(3, "0")},
		{sub: "Butlerd.HasValue", args: []string{"other", "other", ""}, request: "list namespaces", came: is(3, "0")},
		{sub: "Butlerd.Namespaces", args: []string{"T"}, request: "list namespaces", came: has("Butlerd.Namespace", awkward)},
		{sub: "Butlerd.Keys", args: []string{awkward, "T"}, request: "list keys", came: has("Butlerd.Key", awkward, "k")},
		{sub: "Butlerd.RemoveValue", args: []string{awkward, awkward}, request: "delete key"},
		{sub: "Butlerd.HasValue", args: []string{awkward, awkward, ""}, request: "key exists", came: is(3, "0")},
		{sub: "Butlerd.RemoveNamespace", args: []string{awkward}, request: "delete namespace"},

		{sub: "Butlerd.CopyFile", args: []string{file("from/it's #1 å.txt"), file("to/it's #2.txt"), "1", "0"}, request: "copy file", before: write("from/it's #1 å.txt"), came: there("to/it's #2.txt", "")},
		{sub: "Butlerd.MoveFile", args: []string{file("from/m#.txt"), file("to/m#.txt"), "true"}, request: "move file", before: write("from/m#.txt"), came: there("to/m#.txt", "from/m#.txt")},
		{sub: "Butlerd.DeleteFile", args: []string{file("gone/d#.txt")}, request: "delete file", before: write("gone/d#.txt"), came: there("gone", "gone/d#.txt")},
		{sub: "Butlerd.MakeDir", args: []string{file(`made\e\f`)}, request: "create directory", came: there("made/e/f", "")},
		{sub: "Butlerd.MakeQvdDir", args: []string{`finance\2026`}, request: "create QVD directory", came: there("qvd/finance/2026", "")},

		{sub: "Butlerd.StartTask", args: []string{taskApp1, "T"}, request: "start task, nothing else", before: idle, came: func(_ *world, s *script) bool {
			return has("Butlerd.Task.Id", taskApp1)(nil, s) && has("Butlerd.Task.Outcome", "started")(nil, s) && has("Butlerd.Task.Name", "Reload task of App1")(nil, s)
		}},
		{sub: "Butlerd.StartTask", args: []string{noTask, "T"}, request: "start task, nothing else", came: has("Butlerd.Task.Outcome", "invalid")},
		{sub: "Butlerd.StartTaskWith", args: []string{noTask, awkward, "k", awkward, "", "T"}, request: "start task with one key-value pair"},
		{sub: "Butlerd.GetValue", args: []string{awkward, "k", ""}, request: "get key-value", came: is(3, awkward)},
		{sub: "Butlerd.NewStart"},
		{sub: "Butlerd.AddTask", args: []string{taskApp1}},
		{sub: "Butlerd.AddTag", args: []string{"it's"}},
		{sub: "Butlerd.AddTag", args: []string{"startTask2"}},
		{sub: "Butlerd.AddProperty", args: []string{"Owner", "a b"}},
		{sub: "Butlerd.AddValue", args: []string{"n", "k", "v", "10000"}},
		{sub: "Butlerd.Start", args: []string{"-", "T"}, request: "start task", before: idle, came: has("Butlerd.Task.Id", taskApp1, taskApp2, taskApp3)},

		{sub: "Butlerd.Apps", args: []string{"T"}, method: "GET", path: "/v4/apps/list", came: has("Butlerd.App.Name", "App1", "App2 åäö")},
		{sub: "Butlerd.ReloadApp", args: []string{enginesimApp, "1", "0", taskApp2 + ", " + taskApp3, ""}, request: "reload app", before: idle, came: func(w *world, _ *script) bool {
			list := w.engine.Reloads()
			return list[len(list)-1].Partial && list[len(list)-1].Saved
		}},
		{sub: "Butlerd.AppScript", args: []string{enginesimApp, "", ""}, method: "GET", path: "/v4/app/{id}/dump", came: func(_ *world, s *script) bool {
			return out(s, 2) == "App1" && strings.Contains(out(s, 3), "AUTOGENERATE")
		}},

		{sub: "Butlerd.CreateSchedule", args: []string{awkwardName, "0 6 * * 1-5", "Europe/Stockholm", taskApp1, "stopped", ""}, method: "POST", path: "/v4/schedules", came: func(_ *world, s *script) bool {
			s.globals["Schedule"] = out(s, 6)
			return out(s, 6) != ""
		}},
		{sub: "Butlerd.StartSchedule", args: []string{"=Schedule"}, method: "PUT", path: "/v4/schedules/{id}/start"},
		{sub: "Butlerd.Schedules", args: []string{"T"}, method: "GET", path: "/v4/schedules", came: func(_ *world, s *script) bool {
			return has("Butlerd.Schedule.Name", awkwardName)(nil, s) && has("Butlerd.Schedule.State", "started")(nil, s) && has("Butlerd.Schedule.Task", taskApp1)(nil, s)
		}},
		{sub: "Butlerd.StopSchedule", args: []string{"=Schedule"}, method: "PUT", path: "/v4/schedules/{id}/stop"},
		{sub: "Butlerd.StartAllSchedules", method: "PUT", path: "/v4/schedules/startall"},
		{sub: "Butlerd.StopAllSchedules", method: "PUT", path: "/v4/schedules/stopall"},
		{sub: "Butlerd.Schedules", args: []string{"T"}, method: "GET", path: "/v4/schedules", came: has("Butlerd.Schedule.State", "stopped")},
		{sub: "Butlerd.DeleteSchedule", args: []string{"=Schedule"}, method: "DELETE", path: "/v4/schedules/{id}"},
		{sub: "Butlerd.Schedules", args: []string{"T"}, method: "GET", path: "/v4/schedules", came: func(_ *world, s *script) bool { return len(s.tables["T"]) == 0 }},

		{sub: "Butlerd.PublishMqtt", args: []string{"qlik/å", awkward}, request: "publish to MQTT", came: heard("mqtt qlik/å " + awkward)},
		{sub: "Butlerd.PostSlack", args: []string{"#general", "me", message, ":+1:"}, request: "post to Slack", came: heard("/slack", "#general", `say \"hi\" to #1`, ":+1:")},
		{sub: "Butlerd.NewAttributes"},
		{sub: "Butlerd.AddAttribute", args: []string{"host.name", message}},
		{sub: "Butlerd.AddAttribute", args: []string{"b", "2"}},
		{sub: "Butlerd.NewRelicEvent", args: []string{"qlik_reload"}, method: "POST", path: "/v4/newrelic/event", came: heard("/events", "qlik_reload", `say \"hi\" to #1`)},
		{sub: "Butlerd.NewRelicMetric", args: []string{"qlik.rows", "2.5"}, method: "POST", path: "/v4/newrelic/metric", came: heard("/metrics", "qlik.rows", "2.5")},
	}
}

// awkwardName is what the name of a schedule may hold of awkward.
const awkwardName = `it's "a\b" #1 $(Butlerd.Url) + 100% åäö`

// testSubs calls the subs. Each request of the file must be sent by one.
func testSubs(t *testing.T, w *world) {
	s := w.newSession(t)
	missing := map[string]request{}
	for _, q := range requests(t) {
		missing[q.Sub] = q
	}
	known := requests(t)
	called := map[string]bool{}
	for _, p := range w.plays() {
		called[p.sub] = true
		q := request{Method: p.method, Path: p.path}
		if p.request != "" {
			q = known[slices.IndexFunc(known, func(q request) bool { return q.Sub == p.request })]
		}
		delete(missing, p.request)
		p.play(t, w, s, q)
	}
	for name := range missing {
		t.Errorf("no sub sends the request %q", name)
	}
	for name := range s.subs {
		if !called[name] && !slices.Contains(helpers(), name) {
			t.Errorf("%s is not called", name)
		}
	}
}

// helpers are the subs that only others call, and the one that newSession does.
func helpers() []string {
	return []string{"Butlerd.Use", "Butlerd.Begin", "Butlerd.Done", "Butlerd.Drop", "Butlerd.Send", "Butlerd.SendText", "Butlerd.JsonText", "Butlerd.FileText",
		"Butlerd.PathText", "Butlerd.Percent", "Butlerd.Hex", "Butlerd.Truth", "Butlerd.AddItem", "Butlerd.List", "Butlerd.Convert", "Butlerd.HasKey"}
}

func (p play) play(t *testing.T, w *world, s *script, q request) {
	t.Helper()
	if p.before != nil {
		p.before(t, w)
	}
	args := slices.Clone(p.args)
	for i, arg := range args {
		if name, ok := strings.CutPrefix(arg, "="); ok {
			args[i] = text(s.globals[name])
		}
	}
	sent := len(s.connector.sent)
	if _, err := s.invoke(p.sub, args...); err != nil {
		t.Errorf("%s: %v", p.sub, err)
		return
	}
	if q.Path != "" {
		if len(s.connector.sent) == sent {
			t.Fatalf("%s: it sends nothing", p.sub)
		}
		q.check(t, p.sub, strings.TrimPrefix(s.connector.last().url, w.url), s.connector.last())
	}
	if p.came != nil && !eventually(t, func() bool { return p.came(w, s) }) {
		t.Errorf("%s: not what must come of it: %v %v", p.sub, s.globals, s.tables)
	}
	s.checkTidy(t, p.sub)
}

// checkTidy looks for what a sub may not leave behind.
func (s *script) checkTidy(t *testing.T, sub string) {
	t.Helper()
	for table := range s.tables {
		if strings.HasPrefix(table, "Butlerd.") {
			t.Errorf("%s leaves a table %s", sub, table)
		}
	}
	if mode := s.globals["ErrorMode"]; mode != 1.0 {
		t.Errorf("%s leaves ErrorMode at %v", sub, mode)
	}
}

// testRefusal calls a sub that butlerd refuses, with both error modes.
func testRefusal(t *testing.T, w *world) {
	s := w.newSession(t)
	if _, err := s.invoke("Butlerd.GetValue", "no such", "key", "x"); !errors.Is(err, errRefused) {
		t.Errorf("the reload goes on: %v", err)
	}
	s = w.newSession(t)
	s.globals["Butlerd.ErrorMode"] = 0.0
	for _, sub := range []string{"Butlerd.GetValue", "Butlerd.Keys", "Butlerd.RemoveValue"} {
		args := []string{"no such", "key", "x"}[:len(s.subs[sub].parameters)]
		if _, err := s.invoke(sub, args...); err != nil {
			t.Errorf("%s: the reload ends: %v", sub, err)
		}
		if s.globals["Butlerd.Error"] == 0.0 {
			t.Errorf("%s: nothing tells that it failed", sub)
		}
		s.checkTidy(t, sub)
	}
	if _, err := s.invoke("Butlerd.GetValue", "no such", "key", "x"); err != nil || out(s, 3) != "" {
		t.Errorf("a value of before: %q, %v", out(s, 3), err)
	}
	if _, err := s.invoke("Butlerd.HasValue", "no such", "key", ""); err != nil || s.globals["Butlerd.Error"] != 0.0 {
		t.Errorf("the error of before: %v, %v", s.globals["Butlerd.Error"], err)
	}
}

// testChain runs the two scripts of the example of reload chaining.
func testChain(t *testing.T, w *world) {
	eventually(t, func() bool { return w.qrs.Running() == 0 })
	started := len(w.qrs.Starts())
	a := w.newSession(t)
	if err := a.include("chain-a.qvs"); err != nil {
		t.Fatal(err)
	}
	if starts := w.qrs.Starts(); len(a.traced) > 0 || len(starts) != started+1 || starts[started].TaskID.String() != taskApp3 {
		t.Errorf("app B was not started: %v %q", starts[started:], a.traced)
	}
	for _, want := range [][2]string{{"2026-10", `North "and" South`}, {"all", "all"}} {
		b := w.newSession(t)
		if err := b.include("chain-b.qvs"); err != nil {
			t.Fatal(err)
		}
		if got := [2]string{text(b.globals["Month"]), text(b.globals["Region"])}; got != want {
			t.Errorf("app B reads %q, want %q", got, want)
		}
	}
}

// TestFiles sees that the list of files is whole.
func TestFiles(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("*.qvs")
	if err != nil {
		t.Fatal(err)
	}
	want := append(files(), "chain-a.qvs", "chain-b.qvs")
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("the directory has %q, the tests know %q", found, want)
	}
}
