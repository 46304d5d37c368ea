//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the foreign process that has a lock
)

// brokenHost is a directory with a store that has been used and was closed. A host
// finds it again with config.
func brokenHost(t *testing.T) (dir, config, db string) {
	t.Helper()
	dir = t.TempDir()
	config, _ = killConfig(t, dir)
	s := serve(t, dir, "serve", "-config", config)
	if status, err := request(t.Context(), http.MethodPost, s.url+"/v4/schedules", newSchedule, nil); err != nil || status != http.StatusCreated {
		t.Fatalf("making a schedule: %d, %v", status, err)
	}
	s.stop(t)
	return dir, config, filepath.Join(dir, "data", "butlerd.db")
}

// refusedBy runs a host that must not start, and returns the last line that it says.
func refusedBy(t *testing.T, config string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "serve", "-config", config)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	said, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != exitError {
		t.Fatalf("it ended with %v:\n%s", err, said)
	}
	if bytes.Contains(said, []byte("panic")) {
		t.Errorf("it panicked:\n%s", said)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return lines[len(lines)-1]
}

func TestServeRefusesABrokenStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		harm func(t *testing.T, db string)
		says string
	}{
		"not a database": {func(t *testing.T, db string) {
			put(t, db, bytes.Repeat([]byte("no database\n"), 1000))
		}, "damaged or not a SQLite database"},
		"cut off": {func(t *testing.T, db string) {
			if err := os.Truncate(db, 3*4096); err != nil {
				t.Fatal(err)
			}
		}, "damaged"},
		"overwritten": {func(t *testing.T, db string) {
			data, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			for at := 4096; at < len(data); at += 4096 {
				copy(data[at:], bytes.Repeat([]byte{0xa5}, 2048))
			}
			put(t, db, data)
		}, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, config, db := brokenHost(t)
			c.harm(t, db)
			line := refusedBy(t, config)
			for _, word := range []string{"butlerd: opening store", db, c.says} {
				if !strings.Contains(line, word) {
					t.Errorf("%q does not say %q", line, word)
				}
			}
		})
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A second host on the same file says who has it.
func TestServeRefusesAStoreInUse(t *testing.T) {
	t.Parallel()
	dir, config, db := brokenHost(t)
	s := serve(t, dir, "serve", "-config", config)
	line := refusedBy(t, config)
	for _, word := range []string{db, "in use by", fmt.Sprintf("process %d", s.cmd.Process.Pid)} {
		if !strings.Contains(line, word) {
			t.Errorf("%q does not say %q", line, word)
		}
	}
	s.stop(t)
}

// A journal whose end is damaged loses what was not whole, and nothing before it.
func TestServeSurvivesADamagedJournal(t *testing.T) {
	t.Parallel()
	dir, config, db := brokenHost(t)
	s := serve(t, dir, "serve", "-config", config)
	s.kill()
	f, err := os.OpenFile(db+"-wal", os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(bytes.Repeat([]byte{0xa5}, 5000)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s = serve(t, dir, "serve", "-config", config)
	s.stop(t)
	verified(t, config)
}

// While a foreign process has the database locked the host is not ready and says why;
// afterwards it is, and what came due meanwhile is settled.
func TestServeOutlivesAForeignLock(t *testing.T) {
	t.Parallel()
	dir, config, path := brokenHost(t)
	s := serve(t, dir, "serve", "-config", config)
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, s.url, false)
	status, err := request(t.Context(), http.MethodPost, s.url+"/v4/schedules", newSchedule, nil)
	if err != nil || status < 500 {
		t.Errorf("a change is answered with %d, %v", status, err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, s.url, true)
	s.stop(t)
	verified(t, config)
}

// awaitReady waits until a host is ready, or is not for the sake of its store.
func awaitReady(t *testing.T, url string, want bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var answer struct {
		Checks []struct {
			Name, Detail string
		} `json:"checks"`
	}
	for {
		status, err := request(ctx, http.MethodGet, url+"/readyz", "", &answer)
		if err == nil && want == (status == http.StatusOK) {
			break
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			t.Fatalf("ready should be %t: %d, %v, %+v", want, status, err, answer)
		}
	}
	for _, c := range answer.Checks {
		t.Logf("not ready: %s: %s", c.Name, c.Detail)
	}
}

// awaitSaid waits until a host has logged something.
func awaitSaid(t *testing.T, s *served, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !strings.Contains(s.said(t), what) {
		if pause(ctx, 50*time.Millisecond) != nil {
			t.Fatalf("it did not log %q:\n%s", what, s.said(t))
		}
	}
}
