package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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
		main()
		return
	}
	testscript.Main(m, map[string]func(){"butlerd": main})
}

// asProgram is set for a test binary that is to be the program.
const asProgram = "BUTLERD_TEST_AS_PROGRAM"

// recorder is a plugin whose actions append a line to a file: "PID RUN ATTEMPT".
// It is what the receiving side sees.
func recorder(path string) sdk.Plugin {
	type arguments struct {
		TaskID string `hcl:"task_id,optional"`
	}
	var mu sync.Mutex
	record := func(_ context.Context, run *sdk.Run, _ arguments) (struct{}, error) {
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return struct{}{}, err
		}
		defer f.Close()
		_, err = fmt.Fprintf(f, "%d %s %d\n", os.Getpid(), run.ID, run.Attempt)
		return struct{}{}, err
	}
	return sdk.Plugin{
		Name:    "recorder",
		Version: "1.0.0",
		Actions: []sdk.Action{sdk.NewAction("qlik-sense-reload", record)},
	}
}

// recorded are the lines that a recorder wrote.
func recorded(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines [][]string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, strings.Fields(s.Text()))
	}
	return lines
}

// newSchedule is the body of a request for a schedule that fires each second.
const newSchedule = `{"name":"x","cronSchedule":"* * * * * *","timezone":"UTC","qlikSenseTaskId":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","startupState":"last","tags":[]}`

// served is a program that runs a host in a process of its own.
type served struct {
	cmd *exec.Cmd
	url string
	log *os.File
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
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{cmd: exec.Command(self, args...), log: log}
	s.cmd.Dir = work
	s.cmd.Env = append(os.Environ(), asProgram+"=1")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	s.url = s.ready(t, begin)
	return s
}

// ready waits for the log line that says where the host listens.
func (s *served) ready(t testing.TB, begin int64) string {
	t.Helper()
	const mark = `msg="host ready" listen=`
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		data, err := os.ReadFile(s.log.Name())
		if err != nil {
			t.Fatal(err)
		}
		if _, rest, found := strings.Cut(string(data[begin:]), mark); found && strings.Contains(rest, " ") {
			addr, _, _ := strings.Cut(rest, " ")
			return "http://" + addr
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			t.Fatalf("the host did not become ready:\n%s", data[begin:])
		}
	}
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
