//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"butlerd/host/hosttest"
	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// rounds is how often a host, or its plugin, is killed.
func rounds() int {
	switch {
	case testing.Short():
		return 3
	case os.Getenv("CI") == "true":
		return 200
	}
	return 20
}

// killConfig has schedules that fire each second, and the recorder as the plugin
// of the action that the v4 API uses.
func killConfig(t *testing.T, dir string) (config, record string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	record = filepath.Join(dir, "record")
	var names []string
	for i := range 40 {
		names = append(names, strconv.Quote(strconv.Itoa(i)))
	}
	text := fmt.Sprintf(`
host {
  listen   = "127.0.0.1:0"
  data_dir = %q
}

plugin "recorder" {
  path = %q
  args = ["recorder", %q]
  env  = { GORACE = "atexit_sleep_ms=0" }
}

schedule "each-second" {
  for_each = toset([%s])
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = "allow"

  action "qlik-sense-reload" {
  }
}
`, filepath.Join(dir, "data"), self, record, strings.Join(names, ", "))
	config = filepath.Join(dir, "config.hcl")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config, record
}

// acknowledged is what the API has said that it did.
type acknowledged struct {
	mu        sync.Mutex
	schedules map[string]bool // id -> whether it is started; deleted ones are not in it
	deleted   map[string]bool
	unsure    map[string]bool // asked for something of it, and got no answer
	runs      []string
}

// load uses the API until ctx is done: it makes, stops, starts, deletes and runs
// schedules, and notes what was acknowledged.
func (a *acknowledged) load(ctx context.Context, url string) {
	for ctx.Err() == nil {
		var made struct {
			ID string `json:"id"`
		}
		status, err := request(ctx, http.MethodPost, url+"/v4/schedules", newSchedule, &made)
		if err != nil || status != http.StatusCreated {
			continue
		}
		a.note(made.ID, func() { a.schedules[made.ID] = true })
		if rand.IntN(3) == 0 {
			a.change(ctx, http.MethodPut, url+"/v4/schedules/"+made.ID+"/stop", made.ID, func() { a.schedules[made.ID] = false })
		}
		if victim := a.surplus(made.ID); victim != "" {
			a.change(ctx, http.MethodDelete, url+"/v4/schedules/"+victim, victim, func() {
				delete(a.schedules, victim)
				a.deleted[victim] = true
			})
		}
		var started struct {
			ID string `json:"id"`
		}
		status, err = request(ctx, http.MethodPost, url+"/api/v1/schedules/each-second.1/run", "", &started)
		if err == nil && status == http.StatusAccepted {
			a.note(started.ID, func() { a.runs = append(a.runs, started.ID) })
		}
	}
}

// surplus is a schedule to be deleted: now and then the one just made, and any
// other while there are more than fifty, so that the load does not grow from
// round to round.
func (a *acknowledged) surplus(made string) string {
	if rand.IntN(3) == 0 {
		return made
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.schedules {
		if len(a.schedules) > 50 && !a.unsure[id] {
			return id
		}
	}
	return ""
}

func (a *acknowledged) note(id string, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.unsure, id)
	f()
}

func (a *acknowledged) change(ctx context.Context, method, url, id string, done func()) {
	a.mu.Lock()
	a.unsure[id] = true
	a.mu.Unlock()
	if status, err := request(ctx, method, url, "", nil); err == nil && status < 300 {
		a.note(id, done)
	}
}

// check compares what was acknowledged with what a host says after its restart.
func (a *acknowledged) check(t *testing.T, url string) {
	t.Helper()
	var list []struct {
		ID    string `json:"id"`
		State string `json:"lastKnownState"`
	}
	if status, err := request(t.Context(), http.MethodGet, url+"/v4/schedules", "", &list); err != nil || status != http.StatusOK {
		t.Fatalf("listing the schedules: %d, %v", status, err)
	}
	there := map[string]string{}
	for _, s := range list {
		there[s.ID] = s.State
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, started := range a.schedules {
		want := "stopped"
		if started {
			want = "started"
		}
		if got := there[id]; got != want && !a.unsure[id] {
			t.Errorf("schedule %s was acknowledged as %s and is %q", id, want, got)
		}
	}
	for id := range a.deleted {
		if there[id] != "" {
			t.Errorf("schedule %s was acknowledged as deleted and is there", id)
		}
	}
}

// TestKill kills the host, or its plugin, at random moments under load. After
// each restart nothing acknowledged is lost, nothing ran twice, each instant has
// its firing, and no plugin process is left behind.
func TestKill(t *testing.T) {
	t.Parallel()
	t.Run("the host", func(t *testing.T) {
		t.Parallel()
		testKill(t, func(s *served, _ int) {
			s.kill()
		})
	})
	t.Run("the plugin", func(t *testing.T) {
		t.Parallel()
		testKill(t, func(s *served, plugin int) {
			if plugin > 0 {
				_ = syscall.Kill(plugin, syscall.SIGKILL)
			}
		})
	})
}

func testKill(t *testing.T, strike func(s *served, plugin int)) {
	dir := t.TempDir()
	config, record := killConfig(t, dir)
	acks := &acknowledged{schedules: map[string]bool{}, deleted: map[string]bool{}, unsure: map[string]bool{}}
	var s *served
	begun := time.Now()
	for round := range rounds() {
		if s == nil || s.cmd.ProcessState != nil {
			s = serve(t, dir, "serve", "-config", config)
		}
		acks.check(t, s.url)
		plugin := pluginPID(t, s.url)
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() { acks.load(ctx, s.url) })
		}
		_ = pause(t.Context(), time.Duration(rand.IntN(700))*time.Millisecond)
		strike(s, plugin)
		cancel()
		callers.Wait()
		if plugin > 0 {
			waitGone(t, plugin)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	s.kill()
	s = serve(t, dir, "serve", "-config", config)
	acks.check(t, s.url)
	s.stop(t)
	checkLedger(t, filepath.Join(dir, "data", "butlerd.db"), record, acks, begun)
}

// stop ends the program as Ctrl-C does.
func (s *served) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

func pluginPID(t *testing.T, url string) int {
	t.Helper()
	var answer struct {
		Plugins []struct {
			PID int `json:"pid"`
		} `json:"plugins"`
	}
	if _, err := request(t.Context(), http.MethodGet, url+"/api/v1/plugins", "", &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Plugins) != 1 {
		t.Fatalf("plugins = %+v", answer)
	}
	return answer.Plugins[0].PID
}

// waitGone waits until a process has ended.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			t.Fatalf("plugin process %s is left behind", strconv.Itoa(pid))
		}
	}
}

// checkLedger compares the ledger with what should be in it and with what the
// plugin was really asked to do.
func checkLedger(t *testing.T, path, record string, acks *acknowledged, begun time.Time) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	until, err := db.SettledUntil(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	account, err := hosttest.Recompute(t.Context(), db, begun, until)
	if err != nil {
		t.Fatal(err)
	}
	if len(account.Missing) > 0 || len(account.Foreign) > 0 {
		t.Errorf("missing: %v\nforeign: %v", account.Missing, account.Foreign)
	}
	for _, id := range acks.runs {
		if _, _, err := db.Run(t.Context(), id); err != nil {
			t.Errorf("run %s was acknowledged: %v", id, err)
		}
	}
	executed := checkRecord(t, db, record)
	counts, err := db.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if counts.Runs[run.Running]+counts.Runs[run.Waiting] > 0 {
		t.Errorf("runs are still open: %v", counts.Runs)
	}
	if len(acks.deleted) == 0 || len(acks.schedules) == 0 || len(acks.runs) == 0 {
		t.Errorf("the load acknowledged %d schedules, %d deletions and %d runs: it tested nothing", len(acks.schedules), len(acks.deleted), len(acks.runs))
	}
	t.Logf("%d instants: %v; runs: %v; executed: %d; acknowledged: %d schedules, %d deletions, %d runs", account.Instants,
		account.Outcomes, counts.Runs, executed, len(acks.schedules), len(acks.deleted), len(acks.runs))
}

// checkRecord sees that no run was executed twice, that each that was executed is
// in the ledger, and that each that succeeded was executed.
func checkRecord(t *testing.T, db *sqlite.DB, record string) int {
	t.Helper()
	seen := map[string]bool{}
	for _, line := range recorded(t, record) {
		if len(line) != 3 {
			continue // the plugin was killed as it wrote
		}
		if seen[line[1]] {
			t.Errorf("run %s was executed twice", line[1])
		}
		seen[line[1]] = true
	}
	for id := range seen {
		if _, _, err := db.Run(t.Context(), id); err != nil {
			t.Errorf("run %s was executed and is not in the ledger: %v", id, err)
		}
	}
	q := store.RunQuery{States: []run.State{run.Succeeded}, Limit: store.MaxPage}
	for {
		page, err := db.Runs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			if !seen[r.ID] {
				t.Errorf("run %s is said to have succeeded and was not executed", r.ID)
			}
		}
		if page.Next == (store.RunCursor{}) {
			return len(seen)
		}
		q.After = page.Next
	}
}
