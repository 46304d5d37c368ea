//go:build unix

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"butlerd/host/run"
)

// These tests run real processes, so they wait for real events. None of them
// sleeps: each polls for what must come, with a generous limit.

func TestProcess(t *testing.T) {
	t.Parallel()
	t.Run("executes in a process of its own", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		a := result(t, p, "greet", `{"text":"you"}`)
		if a.Text != "hello you" || a.PID == os.Getpid() || a.PID != p.Status().PID {
			t.Errorf("answer = %+v, status = %+v", a, p.Status())
		}
	})
	t.Run("gets no more of the host's environment than it needs", func(t *testing.T) {
		t.Parallel()
		p := launched(t, func(s *Spec) { s.Env = map[string]string{"MINE": "1", "LANG": "of the block"} })
		env := strings.Join(result(t, p, "environment", `{}`).Env, "\n")
		for _, want := range []string{"PATH=", "MINE=1", "LANG=of the block"} {
			if !strings.Contains(env, want) {
				t.Errorf("the environment lacks %s", want)
			}
		}
		for _, entry := range os.Environ() {
			if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "GO") && strings.Contains(env, "\n"+name+"=") {
				t.Errorf("%s leaked into the plugin", name)
			}
		}
	})
	t.Run("that is killed loses its attempts and is started again", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		first := p.Status().PID
		waiting := make(chan struct{})
		ended := make(chan run.Ending, 1)
		go func() {
			ended <- p.Execute(t.Context(), Call{Action: "wait", RunID: "r", Attempt: 1, Arguments: []byte(`{}`)},
				func(run.LogEntry) { close(waiting) })
		}()
		<-waiting
		if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if e := <-ended; e.Fault != run.FaultPluginDied {
			t.Errorf("ending = %+v, want plugin_died", e)
		}
		// The next call waits for the restart, and finds the plugin configured.
		a := result(t, p, "greet", `{"text":"again"}`)
		if a.Text != "hello again" || a.PID == first {
			t.Errorf("answer after the restart = %+v", a)
		}
		if s := p.Status(); s.Restarts != 1 || s.LastError == "" {
			t.Errorf("status = %+v", s)
		}
	})
	t.Run("that exits leaves its last words", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		p.redact = func(text string) string { return strings.ReplaceAll(text, "last", "(secret)") }
		if e, _ := execute(t.Context(), p, "exit", `{}`); e.Fault != run.FaultPluginDied {
			t.Errorf("ending = %+v, want plugin_died", e)
		}
		eventually(t, "the failure to be noticed", func() bool { return p.Status().LastError != "" })
		if got := p.Status().LastError; strings.Contains(got, "last") {
			t.Errorf("the last error has a secret in it: %s", got)
		}
	})
	t.Run("takes what it started with it", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		child := result(t, p, "grandchild", `{}`).PID
		p.Stop()
		eventually(t, "the grandchild to end", func() bool {
			return errors.Is(syscall.Kill(child, 0), syscall.ESRCH) || zombie(child)
		})
	})
	t.Run("is let go when something of it holds its output in another session", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		child := result(t, p, "runaway", `{}`).PID
		t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			p.Stop()
		}()
		eventually(t, "the plugin to be let go", func() bool {
			select {
			case <-stopped:
				return true
			default:
				return false
			}
		})
	})
	t.Run("ends itself, and what it started, when its attempts outlive the lease", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		first, child := p.Status().PID, result(t, p, "grandchild", `{}`).PID
		begun, ended := make(chan struct{}), make(chan run.Ending, 1)
		go func() {
			ended <- p.Execute(t.Context(), Call{Action: "deaf", RunID: "r", Attempt: 1, Arguments: []byte(`{}`)},
				func(run.LogEntry) { close(begun) })
		}()
		<-begun
		renew(t, p, time.Second) // and never again, as by a host that is paused
		if e := <-ended; e.Fault != run.FaultPluginDied {
			t.Errorf("ending = %+v, want plugin_died", e)
		}
		for _, pid := range []int{first, child} {
			eventually(t, "the process to be gone", func() bool {
				return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid)
			})
		}
		eventually(t, "the restart", func() bool { return p.Status().State == Ready && p.Status().PID != first })
		if got := p.Status().LastError; !strings.Contains(got, "ends itself: the host's lease has run out") {
			t.Errorf("the last error does not tell why: %s", got)
		}
		if e, _ := execute(t.Context(), p, "greet", `{}`); e.Fault != run.FaultPluginDown {
			t.Errorf("without a lease: ending = %+v", e)
		}
		renew(t, p, time.Minute)
		result(t, p, "greet", `{}`)
	})
	t.Run("that hangs is killed at once when told to", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		first, child := p.Status().PID, result(t, p, "grandchild", `{}`).PID
		waiting, ended := make(chan struct{}), make(chan run.Ending, 1)
		go func() {
			ended <- p.Execute(t.Context(), Call{Action: "wait", RunID: "r", Attempt: 1, Arguments: []byte(`{}`)},
				func(run.LogEntry) { close(waiting) })
		}()
		<-waiting
		if err := syscall.Kill(first, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		p.Abort()
		if e := <-ended; e.Fault != run.FaultPluginDied {
			t.Errorf("ending = %+v, want plugin_died", e)
		}
		eventually(t, "all of it to be gone", func() bool {
			return errors.Is(syscall.Kill(first, 0), syscall.ESRCH) && (errors.Is(syscall.Kill(child, 0), syscall.ESRCH) || zombie(child))
		})
		if took := time.Since(begun); took > 10*time.Second { // the next ping is later still
			t.Errorf("it took %s", took)
		}
		a := result(t, p, "greet", `{"text":"again"}`)
		if a.Text != "hello again" || a.PID == first {
			t.Errorf("answer after the restart = %+v", a)
		}
	})
	t.Run("that is stopped is gone", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		pid := p.Status().PID
		p.Stop()
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is still there: %v", pid, err)
		}
	})
}

func TestAProcessIsAskedAndTells(t *testing.T) {
	t.Parallel()
	t.Run("answers a query while it executes, and tells of acceptance before the end", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		accepted, ended := make(chan struct{}), make(chan run.Ending, 1)
		go func() {
			ended <- p.Execute(ctx, Call{Action: "accept", RunID: "r", Attempt: 1, Arguments: []byte(`{}`), Accepted: func() { close(accepted) }},
				func(run.LogEntry) {})
		}()
		<-accepted
		if answer, err := ask(t.Context(), p, "greeting", `{"text":"you"}`); err != nil || answer != `{"text":"hello you","pid":0}` {
			t.Errorf("got %s, %v", answer, err)
		}
		cancel()
		if e := <-ended; e.Status != run.StatusCancelled {
			t.Errorf("ending = %+v", e)
		}
	})
	t.Run("that a query ends is asked twice at the most", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		if _, err := ask(t.Context(), p, "greeting", `{"text":"exit"}`); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		eventually(t, "the process is started again", func() bool { return p.Status().Restarts >= 2 && p.Status().State == Ready })
	})
	t.Run("that is killed in between is asked again", func(t *testing.T) {
		t.Parallel()
		p := launched(t, nil)
		if err := syscall.Kill(p.Status().PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if answer, err := ask(t.Context(), p, "greeting", `{"text":"you"}`); err != nil || answer != `{"text":"hello you","pid":0}` {
			t.Errorf("got %s, %v", answer, err)
		}
	})
}

func TestLaunchErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		spec Spec
		want string
	}{
		"a file that is not there":  {Spec{Command: []string{filepath.Join(dir, "none")}}, "there is no file"},
		"a file that is no program": {Spec{Command: []string{script("text", "x", 0o644)}}, "not executable"},
		"a file open to everybody":  {Spec{Command: []string{script("open", "#!/bin/sh\n", 0o777)}}, "can be written by everybody"},
		"another checksum":          {Spec{Command: []string{self}, SHA256: strings.Repeat("0", 64)}, "has the checksum"},
		"a program that is no plugin": {Spec{Command: []string{script("hello", "#!/bin/sh\necho hello\n", 0o755)}},
			"not a butlerd plugin"},
		"a program that ends with words": {Spec{Command: []string{script("sad", "#!/bin/sh\necho sad story >&2\nexit 1\n", 0o755)}},
			"it said: sad story"},
		"a program that says nothing": {Spec{Command: []string{script("mute", "#!/bin/sh\nexec sleep 60\n", 0o755)}, StartTimeout: 200 * time.Millisecond},
			"in time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.spec.Name = "tester"
			p := New(Options{Spec: tt.spec, Log: testLog(t)})
			err := p.Start(t.Context())
			if err == nil {
				p.Stop()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Start() = %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestPinnedProgramStartsTwice(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := checksum(self)
	if err != nil {
		t.Fatal(err)
	}
	p := launched(t, func(s *Spec) { s.SelfExec, s.SHA256 = false, sum })
	if got := p.Status().SHA256; got != sum {
		t.Errorf("SHA256 = %s, want %s", got, sum)
	}
	if err := syscall.Kill(p.Status().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second start", func() bool { return p.Status().Restarts == 1 && p.Status().State == Ready })
}

func result(t *testing.T, p *Plugin, action, arguments string) answer {
	t.Helper()
	ending, _ := execute(t.Context(), p, action, arguments)
	if ending.Status != run.StatusSucceeded {
		t.Fatalf("%s: ending = %+v", action, ending)
	}
	var a answer
	if err := json.Unmarshal(ending.Result, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// eventually waits until ok is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// zombie says whether a process has ended and only waits for its parent.
func zombie(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}
