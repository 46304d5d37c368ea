//go:build unix

package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"butlerd/host/config"
)

// TestDev runs the first command of the README in the repository itself, and
// sees reload tasks start and finish.
func TestDev(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := serveIn(t, root, dir, "dev", "-listen", "127.0.0.1:0", "-data-dir", filepath.Join(dir, "data"))
	waitRun(t, s, "/api/v1/runs?state=succeeded&limit=1")
	waitRun(t, s, "/api/v1/runs?state=failed&limit=1")
	s.stop(t)
	said, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"butlerd is running.", "API            http://127.0.0.1:", "of QRS at https://127.0.0.1:", "of the engine at 127.0.0.1:", "process "} {
		if !strings.Contains(string(said), want) {
			t.Errorf("dev did not print %q", want)
		}
	}
	if n := strings.Count(string(said), "  curl "); n != 4 {
		t.Errorf("dev printed %d commands to try, want 4", n)
	}
}

// waitRun waits until a list of runs has something in it.
func waitRun(t *testing.T, s *served, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var page struct {
			Runs []struct{ ID string }
		}
		status, err := request(ctx, http.MethodGet, s.url+path, "", &page)
		if err == nil && status == http.StatusOK && len(page.Runs) > 0 {
			return
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			t.Fatalf("GET %s: %d, %v, %v", path, status, page, err)
		}
	}
}

// TestGreeter builds the example plugin and runs it with its own configuration.
func TestGreeter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "greeter"), "butlerd/examples/greeter")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "greeter", "config.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config.hcl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, "serve", "-config", path, "-listen", "127.0.0.1:0", "-data-dir", filepath.Join(dir, "data"))
	waitRun(t, s, "/api/v1/runs?schedule=greet-ada&state=succeeded")
	s.stop(t)
}

// TestPolicies runs the example of policies: an attempt that fails is followed by
// another one, and its success by another schedule.
func TestPolicies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "greeter", "greeter"), "butlerd/examples/greeter")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "config.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "policies", "config.hcl")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, "serve", "-config", path, "-listen", "127.0.0.1:0", "-data-dir", filepath.Join(dir, "data"))
	if status, err := request(t.Context(), http.MethodPost, s.url+"/api/v1/schedules/shaky/run", "", nil); err != nil || status != http.StatusAccepted {
		t.Fatalf("running shaky: %d, %v", status, err)
	}
	waitRun(t, s, "/api/v1/runs?schedule=shaky&state=succeeded")
	waitRun(t, s, "/api/v1/runs?schedule=after-shaky&state=succeeded")
	s.stop(t)
}

// anyDatabase is an environment in which documentation finds a database.
func anyDatabase(name string) (string, bool) {
	if name == "DATABASE_URL" {
		return "postgres://butlerd@127.0.0.1/butlerd", true
	}
	return "", false
}

// TestSnippets loads every piece of HCL in the documentation.
func TestSnippets(t *testing.T) {
	t.Parallel()
	pages := []string{filepath.Join("..", "..", "README.md"), filepath.Join("..", "..", "examples", "greeter", "README.md")}
	block := regexp.MustCompile("(?s)```hcl\n(.*?)```")
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllStringSubmatch(string(text), -1) {
			found++
			path := filepath.Join(t.TempDir(), "snippet.hcl")
			if err := os.WriteFile(path, []byte(m[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, diags := config.Load(config.Options{Paths: []string{path}, Env: anyDatabase}); diags.HasErrors() {
				t.Errorf("%s: %v in\n%s", page, diags.Err(), m[1])
			}
		}
	}
	if found < 3 {
		t.Errorf("found %d snippets", found)
	}
}
