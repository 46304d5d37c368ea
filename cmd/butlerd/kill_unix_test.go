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
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

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

// acknowledged is what the API has said that it did.
type acknowledged struct {
	mu        sync.Mutex
	schedules map[string]bool // id -> whether it is started; deleted ones are not in it
	deleted   map[string]bool
	unsure    map[string]bool // asked for something of it, and got no answer
	runs      []string
}

func newAcknowledged() *acknowledged {
	return &acknowledged{schedules: map[string]bool{}, deleted: map[string]bool{}, unsure: map[string]bool{}}
}

// load uses the API until ctx is done: it makes, stops, starts, deletes and runs
// schedules, and notes what was acknowledged. The schedule that it runs is one of
// the files'. Between two rounds it waits for pace; each asks the host that at
// names.
func (a *acknowledged) load(ctx context.Context, at func() string, ran string, pace time.Duration) {
	for pause(ctx, pace) == nil {
		if victim := a.surplus(); victim != "" {
			a.remove(ctx, at(), victim)
			continue
		}
		var made struct {
			ID string `json:"id"`
		}
		url := at()
		status, err := ask(ctx, http.MethodPost, url+"/v4/schedules", newSchedule, &made)
		if err != nil || status != http.StatusCreated {
			continue
		}
		stops := rand.IntN(3) == 0
		a.note(made.ID, func() {
			a.schedules[made.ID] = true
			a.unsure[made.ID] = stops // from here on, so that no other caller deletes it meanwhile
		})
		if stops {
			a.change(ctx, http.MethodPut, at()+"/v4/schedules/"+made.ID+"/stop", made.ID, func() { a.schedules[made.ID] = false })
		}
		if rand.IntN(3) == 0 {
			a.remove(ctx, at(), made.ID)
		}
		var started struct {
			ID string `json:"id"`
		}
		status, err = ask(ctx, http.MethodPost, at()+"/api/v1/schedules/"+ran+"/run", "", &started)
		if err == nil && status == http.StatusAccepted {
			a.note(started.ID, func() { a.runs = append(a.runs, started.ID) })
		}
	}
}

// some says whether something of each kind was acknowledged.
func (a *acknowledged) some() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.schedules) > 0 && len(a.deleted) > 0 && len(a.runs) > 0
}

// surplus is a schedule to be deleted: any while there are more than fifty. It is
// empty else.
func (a *acknowledged) surplus() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.schedules {
		if len(a.schedules) > 50 && !a.unsure[id] {
			return id
		}
	}
	return ""
}

// learn takes over what a host has that was started anew: nothing is under way that
// somebody asked for. Without it the schedules whose making got no answer would be
// deleted by nobody, and on a slow machine these become so many that the host does
// nothing but settle what they missed.
func (a *acknowledged) learn(t *testing.T, url string) {
	t.Helper()
	var list []struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		State string `json:"lastKnownState"`
	}
	if status, err := request(t.Context(), http.MethodGet, url+"/v4/schedules", "", &list); err != nil || status != http.StatusOK {
		t.Fatalf("listing the schedules: %d, %v", status, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.unsure {
		delete(a.schedules, id)
	}
	clear(a.unsure)
	for _, s := range list {
		if s.Name == "x" { // of newSchedule, and not the files'
			a.schedules[s.ID] = s.State == "started"
		}
	}
}

func (a *acknowledged) remove(ctx context.Context, url, id string) {
	a.change(ctx, http.MethodDelete, url+"/v4/schedules/"+id, id, func() {
		delete(a.schedules, id)
		a.deleted[id] = true
	})
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
	if status, err := ask(ctx, method, url, "", nil); err == nil && status < 300 {
		a.note(id, done)
	}
}

// ask is request for a host that may never answer.
func ask(ctx context.Context, method, url, body string, v any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return request(ctx, method, url, body, v)
}

// check compares what was acknowledged with what a host says after its restart.
func (a *acknowledged) check(t *testing.T, url string) {
	t.Helper()
	for _, wrong := range a.wrong(t, url) {
		t.Error(wrong)
	}
}

// wrong lists where a host says something else than what was acknowledged.
func (a *acknowledged) wrong(t *testing.T, url string) (found []string) {
	t.Helper()
	var list []struct {
		ID    string `json:"id"`
		State string `json:"lastKnownState"`
	}
	if status, err := request(t.Context(), http.MethodGet, url+"/v4/schedules", "", &list); err != nil || status != http.StatusOK {
		return []string{fmt.Sprintf("listing the schedules: %d, %v", status, err)}
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
			found = append(found, fmt.Sprintf("schedule %s was acknowledged as %s and is %q", id, want, got))
		}
	}
	for id := range a.deleted {
		if there[id] != "" {
			found = append(found, fmt.Sprintf("schedule %s was acknowledged as deleted and is there", id))
		}
	}
	return found
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
		deaths := 0
		testKill(t, func(s *served, plugin int) {
			switch {
			case plugin > 0:
				_ = syscall.Kill(plugin, syscall.SIGKILL)
				deaths++
			case deaths%3 == 0 && deaths > 0:
				// A host waits twice as long from death to death, up to two minutes. A new
				// one does not, and most of the rounds would kill nothing else.
				s.stop(t)
			}
		})
		t.Logf("%d plugins were killed", deaths)
	})
}

func testKill(t *testing.T, strike func(s *served, plugin int)) {
	dir := t.TempDir()
	config, record := killConfig(t, dir)
	acks, steers := newAcknowledged(), newSteered()
	var s *served
	begun := time.Now()
	for round := range rounds() {
		anew := s == nil || s.cmd.ProcessState != nil
		if anew {
			s = serve(t, dir, "serve", "-config", config)
		}
		acks.check(t, s.url)
		if anew {
			acks.learn(t, s.url)
		}
		steers.check(t, s.url, anew)
		plugin := pluginPID(t, s.url)
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() { acks.load(ctx, func() string { return s.url }, "each-second.1", 0) })
		}
		callers.Go(func() { steers.load(ctx, s.url) })
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
	steers.check(t, s.url, true)
	comeToRest(t, s.url)
	s.stop(t)
	verified(t, config)
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "data", "butlerd.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	executed := executions(t, record)
	runs := checkLedger(t, db, executed, acks, begun)
	steers.checkRuns(t, runs)
	checkOverlap(t, executed, func(x execution) bool { return killAlone(x.schedule) && runs[x.run].Step == "" })
	checkSlots(t, runs, executed, "narrow", killSlots)
	checkFollowed(t, db, runs, killFollows)
}

// comeToRest keeps all from firing and waits for the end of all that is open, and of
// all that follows it.
func comeToRest(t *testing.T, url string) {
	t.Helper()
	if status, err := request(t.Context(), http.MethodPost, url+"/api/v1/holds", `{"all":true,"reason":"the end"}`, nil); err != nil || status != http.StatusCreated {
		t.Fatalf("holding all: %d, %v", status, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var page struct {
		Runs []struct {
			ID       string `json:"id"`
			Schedule string `json:"schedule_id"`
			State    string `json:"state"`
		} `json:"runs"`
	}
	// The runs that follow are made just after the end of those before, or a moment
	// later where the machine is busy.
	for calm := 0; calm < 15; calm++ {
		if status, err := request(ctx, http.MethodGet, url+"/api/v1/runs?state=waiting&state=running&limit=20", "", &page); err != nil || status != http.StatusOK || len(page.Runs) > 0 {
			calm = -1
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			t.Fatalf("these runs do not end: %+v", page)
		}
	}
}

// verified runs the command that proves that the ledger is whole.
func verified(t *testing.T, config string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "verify", "-config", config)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("butlerd verify: %v", err)
	}
	t.Logf("butlerd verify:\n%s", said)
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

// waitGone waits until a process has ended. Its parent may be gone, and whoever has
// to bury it then may take its time. That it ends soon is the matter of the sdk's
// tests.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) && !unburied(pid) {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			t.Fatalf("plugin process %s is left behind", strconv.Itoa(pid))
		}
	}
}
