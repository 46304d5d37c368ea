package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"butlerd/sdk"
	"butlerd/sdk/handshake"
)

// TestMain lets the test binary be three things: the tests, the program, and a
// plugin that writes down what it is asked to do.
func TestMain(m *testing.M) {
	if os.Getenv(handshake.CookieKey) != "" {
		if len(os.Args) == 3 && os.Args[1] == "recorder" {
			sdk.Serve(recorder(os.Args[2]))
			return
		}
		if len(os.Args) == 2 && os.Args[1] == "stopwatch" {
			sdk.Serve(stopwatch())
			return
		}
		main()
		return
	}
	if os.Getenv(asProgram) != "" {
		if err := mountDisk(); err != nil {
			panic(err) // the test that asked for it shows it
		}
		main()
		return
	}
	testscript.Main(m, map[string]func(){"butlerd": main})
}

// asProgram is set for a test binary that is to be the program.
const asProgram = "BUTLERD_TEST_AS_PROGRAM"

// newSchedule is the body of a request for a schedule that fires each second.
const newSchedule = `{"name":"x","cronSchedule":"* * * * * *","timezone":"UTC","qlikSenseTaskId":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","startupState":"last","tags":[]}`

// served is a program that runs a host in a process of its own.
type served struct {
	cmd   *exec.Cmd
	url   string
	log   *os.File
	begin int64 // where its log begins: lives before it wrote to the same file
}

// serve starts the program and waits until it is ready. Its log goes to dir.
func serve(t testing.TB, dir string, args ...string) *served {
	t.Helper()
	return serveIn(t, "", dir, args...)
}

// serveIn is serve with a working directory.
func serveIn(t testing.TB, work, dir string, args ...string) *served {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = work
	s := launch(t, dir, cmd)
	t.Cleanup(s.kill)
	s.url = s.ready(t)
	return s
}

// launch starts the program as cmd says and waits for nothing. Its log goes to
// dir. What it is to find in its environment beside that of the tests is in cmd.
func launch(t testing.TB, dir string, cmd *exec.Cmd) *served {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{cmd: cmd, log: log}
	if s.begin, err = log.Seek(0, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	// With crash, a dump also has the stacks of the goroutines that are running.
	cmd.Env = append(append(os.Environ(), asProgram+"=1", "GOTRACEBACK=crash"), cmd.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// patience is how long tests wait for what must come. A machine that does other things
// as well needs minutes for what takes seconds else, with -race in particular.
const patience = 5 * time.Minute

// ready waits until the host is ready.
func (s *served) ready(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if url := s.listening(t); url != "" {
			return url
		}
		if unburied(s.cmd.Process.Pid) {
			t.Fatalf("the host ended before it was ready:\n%s", s.said(t))
		}
		if pause(ctx, 5*time.Millisecond) != nil {
			t.Fatalf("the host did not become ready:\n%s", s.dump(t))
		}
	}
}

// maxDump bounds what a test shows of a host that did not become ready.
const maxDump = 128 << 10

// dump ends the process and returns what it had logged, and what each of its goroutines
// was doing: what else would tell why it does not get on. The time it took of a
// processor tells waiting from working.
func (s *served) dump(t testing.TB) string {
	t.Helper()
	logged := len(s.said(t))
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil { // there is none on Windows
		return s.said(t)
	}
	patient := time.AfterFunc(time.Minute, func() { _ = s.cmd.Process.Kill() })
	defer patient.Stop()
	_ = s.cmd.Wait()
	said, p := s.said(t), s.cmd.ProcessState
	said, stacks := said[:logged], said[logged:]
	return fmt.Sprintf("%s\nIts processor time was %s, and %s of the system's.\n%s",
		said[max(0, len(said)-maxDump):], p.UserTime(), p.SystemTime(), stacks[:min(len(stacks), maxDump)])
}

// unburied says whether a process has ended and is only still in the table of
// processes. It is false on systems that do not tell.
func unburied(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ") // behind the name
	return strings.HasPrefix(state, "Z")
}

// listening looks for the log line that says where the host listens. It is empty
// while there is none.
func (s *served) listening(t testing.TB) string {
	t.Helper()
	_, rest, _ := strings.Cut(s.said(t), `msg="host ready" listen=`)
	addr, _, whole := strings.Cut(rest, " ")
	if !whole {
		return ""
	}
	return "http://" + addr
}

// said is what the program has logged so far.
func (s *served) said(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile(s.log.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data[s.begin:])
}

// kill ends the process the hard way. It is repeatable.
func (s *served) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = s.log.Close()
}

// pause waits, for tests with real processes that poll for real events.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// request sends a request and decodes the JSON answer into v, unless v is nil.
func request(ctx context.Context, method, url, body string, v any) (int, error) {
	q, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json") // Butler refuses JSON that is announced and not there
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	if v == nil {
		return answer.StatusCode, nil
	}
	return answer.StatusCode, json.Unmarshal(data, v)
}
