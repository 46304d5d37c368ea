//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// site is a program with the bundled plugin in its own process, and a simulator
// of Qlik Sense in the test's.
type site struct {
	*served
	sim *qrssim.Simulator
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	sim, err := qrssim.New(qrssim.Options{Dir: filepath.Join(dir, "certs"), ReloadTime: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Stop(context.Background()) })
	certs := sim.Certs()
	config := filepath.Join(dir, "config.hcl")
	text := fmt.Sprintf(`
host {
  listen   = "127.0.0.1:0"
  data_dir = %q
}

plugin "qlik-sense-reload" {
  start_timeout = "30s"
  config {
    host        = %q
    client_cert = %q
    client_key  = %q
    root_cert   = %q
  }
}
`, filepath.Join(dir, "data"), sim.Addr(), certs.Client, certs.ClientKey, certs.Root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &site{served: serve(t, dir, "serve", "-config", config), sim: sim}
}

// call sends what an example sends and returns the status and the JSON answer.
func (s *site) call(t *testing.T, method, path, body string) (int, any) {
	t.Helper()
	var answer any
	status, err := request(t.Context(), method, s.url+path, body, &answer)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, answer
}

// starts counts the starts that took effect at the simulator.
func (s *site) starts() []qrssim.Start {
	return slices.DeleteFunc(s.sim.Starts(), func(q qrssim.Start) bool {
		return strings.Trim(q.SessionID.String(), "0-") == ""
	})
}

// example is a request of the user's own page of examples with the answer that
// stands there.
type example struct {
	Method, Path, Body string
	Answer             any
}

// examples reads the page: each curl command with the block that follows it.
func examples(t *testing.T) []example {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "host", "api", "testdata", "examples.md"))
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("(?s)➜  ~ curl (.*?)\\| json_pp\n.*?\n([\\[{].*?)\n(?:➜|```)")
	method := regexp.MustCompile(`-X "(\w+)"`)
	url := regexp.MustCompile(`"http://[^/]+(/[^"]*)"`)
	data := regexp.MustCompile(`(?s)-d \$'(.*)'`)
	var list []example
	for _, m := range command.FindAllStringSubmatch(string(page), -1) {
		e := example{Method: http.MethodGet, Path: url.FindStringSubmatch(m[1])[1]}
		if x := method.FindStringSubmatch(m[1]); x != nil {
			e.Method = x[1]
		}
		if x := data.FindStringSubmatch(m[1]); x != nil {
			e.Body = x[1]
		}
		if err := json.Unmarshal([]byte(m[2]), &e.Answer); err != nil {
			t.Fatalf("the answer of %s %s: %v in %s", e.Method, e.Path, err, m[2])
		}
		list = append(list, e)
	}
	if len(list) != 7 {
		t.Fatalf("found %d examples on the page, want 7", len(list))
	}
	return list
}

// TestExamples plays the page of examples, in order, to a running program with a
// real plugin process, and watches at the simulator what it brings about.
func TestExamples(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := map[string]string{}
	first := s.createFirst(t)
	ids["3702cec1-b6c8-463e-bda3-58d6a94dd9ac"] = first
	for i, e := range examples(t) {
		status, got := s.call(t, e.Method, substitute(e.Path, ids), e.Body)
		want := http.StatusOK
		switch {
		case e.Method == http.MethodPost:
			want = http.StatusCreated
			made := got.(map[string]any)["id"].(string)
			// The page shows two schedules as one and the same.
			ids["b028d0a2-7116-41bf-b15a-4f01bd126464"], ids["fb9b16f1-e2cf-4291-8036-24ef90efa300"] = made, made
			s.waitStarts(t, 2)
			s.checkCadence(t, made)
		case strings.Contains(e.Path, "Manually-added"):
			want = http.StatusBadRequest
		case strings.HasSuffix(e.Path, "/stop"):
			s.checkQuiet(t, ids["fb9b16f1-e2cf-4291-8036-24ef90efa300"])
		}
		if status != want {
			t.Errorf("example %d, %s %s: status %d, want %d", i+1, e.Method, e.Path, status, want)
		}
		compare(t, fmt.Sprintf("example %d, %s %s", i+1, e.Method, e.Path), e.Answer, got)
	}
	s.waitStarts(t, len(s.appOne())+1) // started again by the last example
	s.stop(t)
}

// createFirst makes the schedule that the page begins with.
func (s *site) createFirst(t *testing.T) string {
	t.Helper()
	status, answer := s.call(t, http.MethodPost, "/v4/schedules", `{"name":"Every 2 hours","cronSchedule":"* */2 * * *","timezone":"Europe/London",
		"qlikSenseTaskId":"7552d9fc-d1bb-4975-9a38-18357de531ea","startupState":"started","tags":["tag 3","abc 123 åäö"]}`)
	if status != http.StatusCreated {
		t.Fatalf("status %d, %v", status, answer)
	}
	return answer.(map[string]any)["id"].(string)
}

func substitute(path string, ids map[string]string) string {
	for theirs, ours := range ids {
		path = strings.ReplaceAll(path, theirs, ours)
	}
	return path
}

// appOne are the starts of the task that the example's schedule starts.
func (s *site) appOne() []qrssim.Start {
	return slices.DeleteFunc(s.starts(), func(q qrssim.Start) bool {
		return q.TaskID.String() != "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
	})
}

func (s *site) waitStarts(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(s.appOne()) < n {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			t.Fatalf("the simulator saw %d starts, want %d", len(s.appOne()), n)
		}
	}
}

// checkCadence sees that a schedule came due each five seconds, at whole multiples of
// them, and that nothing was started before it was due. How long after that it is
// started depends on what else the machine does.
func (s *site) checkCadence(t *testing.T, id string) {
	t.Helper()
	starts := s.appOne()
	var page struct {
		Firings []struct {
			DueAt time.Time `json:"due_at"`
		} `json:"firings"`
	}
	if status, err := request(t.Context(), http.MethodGet, s.url+"/api/v1/firings?schedule="+id, "", &page); err != nil || status != http.StatusOK {
		t.Fatalf("listing the firings: %d, %v", status, err)
	}
	if len(page.Firings) < len(starts) {
		t.Fatalf("%d starts of %d firings", len(starts), len(page.Firings))
	}
	for i, f := range page.Firings {
		if !f.DueAt.Equal(f.DueAt.Truncate(5 * time.Second)) {
			t.Errorf("firing %d is due at %s, which is no multiple of five seconds", i, f.DueAt)
		}
		if i > 0 && !f.DueAt.Equal(page.Firings[i-1].DueAt.Add(5*time.Second)) {
			t.Errorf("firing %d is due %s after the one before", i, f.DueAt.Sub(page.Firings[i-1].DueAt))
		}
		if i < len(starts) && starts[i].At.Before(f.DueAt) {
			t.Errorf("start %d came at %s, and was due at %s", i, starts[i].At, f.DueAt)
		}
	}
}

// checkQuiet sees that nothing is started for longer than the schedule's period, once
// what was due as it was stopped has ended.
func (s *site) checkQuiet(t *testing.T, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	open := -1
	for open != 0 {
		var page struct {
			Runs []struct{ ID string }
		}
		status, err := request(ctx, http.MethodGet, s.url+"/api/v1/runs?state=waiting&state=running&schedule="+id, "", &page)
		if err == nil && status == http.StatusOK {
			open = len(page.Runs)
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("%d runs are open, %d, %v", open, status, err)
		}
	}
	before := len(s.appOne())
	_ = pause(t.Context(), 6*time.Second)
	if after := len(s.appOne()); after != before {
		t.Errorf("%d starts after the stop", after-before)
	}
}

// volatile members have other values each time; their kind must be the same.
var volatile = []string{"id", "created", "qlikSenseTaskId"}

// compare sees that an answer has the members and types of the page's, and the
// same values but for volatile ones.
func compare(t *testing.T, what string, want, got any) {
	t.Helper()
	if reflect.TypeOf(want) != reflect.TypeOf(got) {
		t.Errorf("%s: %T, want %T", what, got, want)
		return
	}
	switch want := want.(type) {
	case map[string]any:
		compareObjects(t, what, want, got.(map[string]any))
	case []any:
		if len(want) != len(got.([]any)) {
			t.Errorf("%s: %d elements, want %d", what, len(got.([]any)), len(want))
			return
		}
		for i := range want {
			compare(t, fmt.Sprintf("%s[%d]", what, i), want[i], got.([]any)[i])
		}
	default:
		if want != got {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
}

func compareObjects(t *testing.T, what string, want, got map[string]any) {
	t.Helper()
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is not in the example", what, name)
		}
	}
	for name, value := range want {
		if slices.Contains(volatile, name) {
			if reflect.TypeOf(value) != reflect.TypeOf(got[name]) {
				t.Errorf("%s.%s: %T, want %T", what, name, got[name], value)
			}
			continue
		}
		compare(t, what+"."+name, value, got[name])
	}
}

// TestReloadBySignal changes the file under a running program.
func TestReloadBySignal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config, _ := killConfig(t, dir)
	s := serve(t, dir, "serve", "-config", config)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), "each-second", "renamed", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		status, err := request(ctx, http.MethodGet, s.url+"/api/v1/schedules/renamed.1", "", nil)
		if err == nil && status == http.StatusOK {
			break
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			t.Fatalf("the file was not loaded again: %d", status)
		}
	}
	s.stop(t)
}
