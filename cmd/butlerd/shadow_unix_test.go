//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"butlerd/host/shadow"
	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// Tasks of the simulator.
const (
	shadowTask = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
	otherTask  = "7552d9fc-d1bb-4975-9a38-18357de531ea"
)

// fakeButler has Butler's API for schedules, and starts a task every five seconds
// while its schedule is started.
type fakeButler struct {
	server *httptest.Server
	sim    *qrssim.Simulator // nil: it starts nothing
	mu     sync.Mutex
	list   []map[string]string
	refuse string // a path that it answers with 500
}

func startButler(t *testing.T, sim *qrssim.Simulator, list ...map[string]string) *fakeButler {
	t.Helper()
	b := &fakeButler{sim: sim, list: list}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v4/schedules", b.get)
	mux.HandleFunc("PUT /v4/schedules/{id}/{verb}", b.put)
	mux.HandleFunc("GET /api/v1/holds", func(w http.ResponseWriter, _ *http.Request) { // butlerd has it, not Butler
		fmt.Fprint(w, `{"holds": [{"id": "h1", "reason": "not yet"}]}`)
	})
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
	if sim != nil {
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { b.work(ctx, t) })
		t.Cleanup(func() { cancel(); work.Wait() })
	}
	return b
}

func (b *fakeButler) get(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []map[string]string{}
	for _, s := range b.list {
		if id := r.URL.Query().Get("id"); id == "" || id == s["id"] {
			list = append(list, s)
		}
	}
	_ = json.NewEncoder(w).Encode(list)
}

func (b *fakeButler) put(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != "" && strings.HasSuffix(r.URL.Path, b.refuse) {
		http.Error(w, `{"message":"no"}`, http.StatusInternalServerError)
		return
	}
	for _, s := range b.list {
		if s["id"] == r.PathValue("id") {
			s["lastKnownState"] = map[string]string{"start": "started", "stop": "stopped"}[r.PathValue("verb")]
		}
	}
}

func (b *fakeButler) state(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.list {
		if s["id"] == id {
			return s["lastKnownState"]
		}
	}
	return ""
}

// work starts the task of the first schedule when it is due.
func (b *fakeButler) work(ctx context.Context, t *testing.T) {
	config, err := b.sim.ClientTLS()
	if err != nil {
		t.Error(err)
		return
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	defer client.CloseIdleConnections()
	for {
		next := time.Now().Truncate(5 * time.Second).Add(5 * time.Second)
		if pause(ctx, time.Until(next)) != nil {
			return
		}
		if b.state("a b") != "started" {
			continue
		}
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, b.sim.URL()+"/qrs/task/"+shadowTask+"/start?xrfkey=0123456789abcdef", http.NoBody)
		if err != nil {
			t.Error(err)
			return
		}
		q.Header.Set("X-Qlik-Xrfkey", "0123456789abcdef")
		q.Header.Set("X-Qlik-User", "UserDirectory=INTERNAL; UserId=sa_repository")
		answer, err := client.Do(q)
		if err != nil {
			continue // the test ends
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			t.Errorf("starting the task: %d", answer.StatusCode)
		}
	}
}

func butlerSchedules() []map[string]string {
	return []map[string]string{
		{"id": "a b", "name": "often", "cronSchedule": "*/5 * * * * *", "qlikSenseTaskId": shadowTask, "lastKnownState": "started", "timezone": "x"},
		{"id": "b", "name": "rarely", "cronSchedule": "0 6 1 0-5 *", "qlikSenseTaskId": otherTask, "lastKnownState": "started", "timezone": "x"},
	}
}

// shadowConfig writes the configuration that Butler's schedules became.
func shadowConfig(t *testing.T, dir string, sim *qrssim.Simulator, cron string) string {
	t.Helper()
	certs := sim.Certs()
	host, port, _ := strings.Cut(sim.Addr(), ":")
	text := fmt.Sprintf(`
plugin "qlik-sense-reload" {
  config {
    host        = %q
    port        = %s
    client_cert = %q
    client_key  = %q
    root_cert   = %q
  }
}
schedule "a b" {
  cron          = %q
  timezone      = "UTC"
  startup_state = "last"
  action "qlik-sense-reload" { task_id = %q }
}
schedule "b" {
  cron          = "0 6 1 1-6 *"
  timezone      = "UTC"
  startup_state = "last"
  action "qlik-sense-reload" { task_id = %q }
}
`, host, port, certs.Client, certs.ClientKey, certs.Root, cron, shadowTask, otherTask)
	path := filepath.Join(dir, "config.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func shadowSimulator(t *testing.T) *qrssim.Simulator {
	t.Helper()
	sim, err := startSimulator(qrssim.Options{Dir: t.TempDir(), Seed: qrssim.ButlerSeed(), ReloadTime: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = endSimulator(sim) })
	return sim
}

// await waits until a program has said something so often.
func (s *served) await(t *testing.T, text string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for strings.Count(s.said(t), text) < n {
		if pause(ctx, 50*time.Millisecond) != nil || unburied(s.cmd.Process.Pid) {
			t.Fatalf("it did not say %q %d times:\n%s", text, n, s.said(t))
		}
	}
}

// TestTheWayOver goes it as a user does: shadow for a while, the report, the rehearsal,
// the cutover, and once more.
func TestTheWayOver(t *testing.T) {
	t.Parallel()
	sim, dir := shadowSimulator(t), t.TempDir()
	butler := startButler(t, sim, butlerSchedules()...)
	config, data := shadowConfig(t, dir, sim, "*/5 * * * * *"), filepath.Join(dir, "data")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	common := []string{"-config", config, "-data-dir", data, "-tolerance", "2s"}
	shadowDir := t.TempDir()
	watching := launch(t, shadowDir, exec.Command(self, append([]string{"shadow", "-every", "1s", "-report", filepath.Join(dir, "report")}, common...)...))
	t.Cleanup(watching.kill)
	watching.await(t, `matched "a b"`, 2)
	host := serve(t, t.TempDir(), "serve", "-config", config, "-listen", "127.0.0.1:0", "-data-dir", data) // beside it
	watching.stop(t)
	if said := watching.said(t); !strings.Contains(said, "Parity: yes, over ") || strings.Contains(said, "missing ") {
		t.Fatalf("it said:\n%s", said)
	}
	if report, err := os.ReadFile(filepath.Join(dir, "report")); err != nil || !strings.Contains(string(report), "Parity: yes") {
		t.Errorf("the file has %q, %v", report, err)
	}

	r := runProgram(t, nil, append([]string{"shadow", "-report-only", "-json"}, common...)...)
	var report shadow.Report
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.code != exitOK || !report.Parity || report.Schedules[0].Matched < 2 || report.Schedules[1].NextDue == nil {
		t.Fatalf("%d %s %s", r.code, r.stdout, r.stderr)
	}

	over := append([]string{"cutover", "-butler", butler.server.URL, "-address", host.url}, common...)
	if r := runProgram(t, nil, append(over, "-dry-run")...); r.code != exitOK || !strings.Contains(r.stdout, "Nothing was changed.") || butler.state("a b") != "started" {
		t.Fatalf("%d %s %s", r.code, r.stdout, r.stderr)
	}
	r = runProgram(t, nil, append(over, "-yes")...)
	if r.code != exitOK || !strings.Contains(r.stdout, "Taken over.") || butler.state("a b")+butler.state("b") != "stoppedstopped" {
		t.Fatalf("%d %s %s", r.code, r.stdout, r.stderr)
	}
	for _, line := range []string{"a b       stopped  started", "b         stopped  started"} {
		if !strings.Contains(r.stdout, line) {
			t.Errorf("it did not say %q:\n%s", line, r.stdout)
		}
	}
	waitRun(t, host, "/api/v1/runs?schedule=a+b&state=succeeded&limit=1")
	if r := runProgram(t, nil, append(over, "-yes")...); r.code != exitOK || !strings.Contains(r.stdout, "Nothing to take over") {
		t.Errorf("again: %d %s %s", r.code, r.stdout, r.stderr)
	}
}

// TestNotTakenOver: without parity nothing is changed, and when butlerd refuses Butler
// goes on.
func TestNotTakenOver(t *testing.T) {
	t.Parallel()
	sim, dir := shadowSimulator(t), t.TempDir()
	butler := startButler(t, nil, butlerSchedules()...)
	here := butlerSchedules()
	for _, s := range here {
		s["lastKnownState"] = "stopped"
	}
	here[1]["cronSchedule"] = "0 6 1 1-6 *"
	host := startButler(t, nil, here...)
	config := shadowConfig(t, dir, sim, "*/5 * * * * *")
	over := []string{"cutover", "-config", config, "-data-dir", filepath.Join(dir, "data"), "-butler", butler.server.URL, "-address", host.server.URL}
	unchanged := func(r ran, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(r.stdout+r.stderr, w) {
				t.Errorf("it did not say %q:\n%s\n%s", w, r.stdout, r.stderr)
			}
		}
		if r.code == exitOK || butler.state("a b") != "started" || butler.state("b") != "started" || host.state("a b") != "stopped" || host.state("b") != "stopped" {
			t.Errorf("%d: %v, %v", r.code, butler.list, host.list)
		}
	}
	unchanged(runProgram(t, nil, append(over, "-yes")...), "No parity: nothing was observed", "butlerd holds all schedules (not yet)", "-force does it nevertheless")
	unchanged(runProgram(t, nil, append(over, "-force")...), "the answer was not yes")
	host.refuse = "/b/start"
	unchanged(runProgram(t, nil, append(over, "-force", "-yes")...), "It failed. Putting back", `starting schedule "b" in butlerd`, "a b       started  stopped")
	host.refuse = ""
	host.server.Close()
	unchanged(runProgram(t, nil, append(over, "-force", "-yes")...), "butlerd does not answer at")
}

// TestAnInterruptedTakeOverGoesOn: a schedule that the one before had stopped in Butler,
// and not started here yet, is started.
func TestAnInterruptedTakeOverGoesOn(t *testing.T) {
	t.Parallel()
	sim, dir := shadowSimulator(t), t.TempDir()
	list, here := butlerSchedules(), butlerSchedules()
	list[0]["lastKnownState"] = "stopped"
	here[0]["lastKnownState"], here[1]["lastKnownState"] = "stopped", "stopped"
	here[1]["cronSchedule"] = "0 6 1 1-6 *"
	butler, host := startButler(t, nil, list...), startButler(t, nil, here...)
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(filepath.Join(data, "shadow"), 0o700); err != nil {
		t.Fatal(err)
	}
	note := fmt.Sprintf(`{"version": 1, "butler": %q, "schedules": ["a b", "b"], "began_at": %q, "ended_at": null}`, butler.server.URL, time.Now().Add(-time.Minute).Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(data, "shadow", "cutover.json"), []byte(note), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runProgram(t, nil, "cutover", "-config", shadowConfig(t, dir, sim, "*/5 * * * * *"), "-data-dir", data, "-butler", butler.server.URL, "-address", host.server.URL, "-force", "-yes")
	if r.code != exitOK || butler.state("a b")+butler.state("b")+host.state("a b")+host.state("b") != "stoppedstoppedstartedstarted" {
		t.Fatalf("%d %s %s: %v, %v", r.code, r.stdout, r.stderr, butler.list, host.list)
	}
	if n := strings.Count(r.stdout, `Schedule "a b" was due at`); n < 12 || !strings.Contains(r.stdout, "was interrupted; it is gone on with") {
		t.Errorf("%d instants of a minute:\n%s", n, r.stdout)
	}
}

// TestShadowTellsOfAWrongSchedule: the report says what is missing, and the exit code
// that there is no parity.
func TestShadowTellsOfAWrongSchedule(t *testing.T) {
	t.Parallel()
	sim, dir := shadowSimulator(t), t.TempDir()
	config := shadowConfig(t, dir, sim, "* * * * * *")
	common := []string{"-config", config, "-data-dir", filepath.Join(dir, "data"), "-tolerance", "1s"}
	if r := runProgram(t, nil, append([]string{"shadow", "-report-only"}, common...)...); r.code != exitError || !strings.Contains(r.stderr, "nothing was observed") {
		t.Errorf("%d %s %s", r.code, r.stdout, r.stderr)
	}
	if r := runProgram(t, nil, append([]string{"shadow", "-every", "1s", "-for", "8s"}, common...)...); r.code != exitOK || !strings.Contains(r.stdout, `missing "a b"`) || !strings.Contains(r.stdout, "Parity: no.") {
		t.Errorf("%d %s %s", r.code, r.stdout, r.stderr)
	}
	if r := runProgram(t, nil, append([]string{"shadow", "-report-only"}, common...)...); r.code != exitError || r.stderr != "" || !strings.Contains(r.stdout, "started none of its tasks") {
		t.Errorf("%d %s %s", r.code, r.stdout, r.stderr)
	}
	if len(sim.Starts()) > 0 {
		t.Errorf("it started %v", sim.Starts())
	}
}
