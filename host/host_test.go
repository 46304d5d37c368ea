package host_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/hosttest"
	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/sdk"
)

const everyMinute = `
schedule "every-minute" {
  cron     = "* * * * *"
  timezone = "UTC"

  action "echo" {
    text = "minute"
  }
}
`

// runs are all runs in the ledger, newest first.
func runs(t *testing.T, h *hosttest.Host) []run.Run {
	t.Helper()
	page, err := h.Ledger().Runs(t.Context(), store.RunQuery{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return page.Runs
}

func TestHost(t *testing.T) {
	t.Parallel()
	inBubble(t, "fires what a file declares and keeps what came of it", func(t *testing.T) {
		h := start(t, everyMinute)
		time.Sleep(3*time.Minute + time.Second)
		list := runs(t, h)
		if len(list) != 3 || list[0].State != run.Succeeded || list[0].Summary != "minute" {
			t.Errorf("runs = %+v", list)
		}
	})
	inBubble(t, "gives arguments the facts of their run", func(t *testing.T) {
		h := start(t, `
schedule "facts" {
  cron     = "@hourly"
  timezone = "UTC"

  action "echo" {
    text = "${run.schedule_id} ${run.attempt} ${run.trigger} ${run.due_at}"
  }
}
`)
		time.Sleep(time.Hour + time.Second)
		want := "facts 1 firing " + time.Now().UTC().Truncate(time.Hour).Format(time.RFC3339)
		if list := runs(t, h); len(list) != 1 || list[0].Summary != want {
			t.Errorf("runs = %+v, want summary %q", list, want)
		}
	})
	inBubble(t, "keeps secrets out of everything it shows", func(t *testing.T) {
		h := start(t, `
variable "password" {
  type      = string
  default   = "hunter2"
  sensitive = true
}

schedule "secretive" {
  cron     = "* * * * *"
  timezone = "UTC"

  action "echo" {
    secret = var.password
  }
}
`)
		time.Sleep(time.Minute + time.Second)
		for _, path := range []string{"/v4/schedules", "/api/v1/schedules", "/api/v1/plugins", "/api/v1/runs", "/metrics"} {
			if r := h.Do(http.MethodGet, path, ""); r.Status != http.StatusOK || strings.Contains(r.Body, "hunter2") {
				t.Errorf("GET %s: %d %s", path, r.Status, r.Body)
			}
		}
		versions, err := h.Ledger().Versions(t.Context(), time.Time{})
		if err != nil || strings.Contains(string(versions[0].Action.Arguments), "hunter2") {
			t.Errorf("the store has %s, %v", versions[0].Action.Arguments, err)
		}
	})
	inBubble(t, "ends open runs when it stops", func(t *testing.T) {
		h := start(t, strings.ReplaceAll(everyMinute, `"echo"`, `"wait"`))
		ledger := h.Ledger()
		time.Sleep(time.Minute + time.Second)
		begun := time.Now()
		time.AfterFunc(5*time.Second, func() {
			page, err := ledger.Runs(context.Background(), store.RunQuery{})
			if err != nil || !page.Runs[0].State.Open() {
				t.Errorf("before the grace is over: %+v, %v", page.Runs, err)
			}
		})
		h.Stop()
		if took := time.Since(begun).Truncate(time.Second); took != 10*time.Second {
			t.Errorf("stopping took %s, want the grace of 10s", took)
		}
	})
}

func TestReload(t *testing.T) {
	t.Parallel()
	inBubble(t, "takes over what changed", func(t *testing.T) {
		h := start(t, everyMinute)
		h.Write(pluginBlock + strings.ReplaceAll(everyMinute, "every-minute", "another"))
		diff, diags, err := h.Reload(t.Context())
		if err != nil || len(diags) > 0 || len(diff.Added) != 1 || len(diff.Removed) != 1 {
			t.Errorf("Reload = %+v, %v, %v", diff, diags, err)
		}
		time.Sleep(time.Minute + time.Second)
		if list := runs(t, h); len(list) != 1 || list[0].ScheduleID != "another" {
			t.Errorf("runs = %+v", list)
		}
	})
	for name, text := range map[string]string{
		"text that is no HCL":              `schedule "x" {`,
		"a schedule with a mistake":        pluginBlock + strings.ReplaceAll(everyMinute, "* * * * *", "* * *"),
		"a plugin that refuses its config": `plugin "tester" {` + "\n  config {\n    prefix = \"bad\"\n  }\n}\n",
		"a plugin that is not there":       `plugin "acme" {` + "\n  path = \"/nonexistent/acme\"\n}\n",
		"an action with a mistake":         pluginBlock + strings.ReplaceAll(everyMinute, "text =", "txet ="),
	} {
		inBubble(t, "keeps everything as it was with "+name, func(t *testing.T) {
			h := start(t, everyMinute)
			time.Sleep(30 * time.Second)
			h.Write(text)
			_, diags, err := h.Reload(t.Context())
			var found *host.DiagnosticsError
			if !errors.As(err, &found) || !diags.HasErrors() || diags[0].File == "" {
				t.Errorf("Reload = %v, %v", diags, err)
			}
			time.Sleep(time.Minute)
			if list := runs(t, h); len(list) != 1 || list[0].State != run.Succeeded {
				t.Errorf("runs = %+v", list)
			}
		})
	}
	inBubble(t, "gives a changed plugin a new process, and lets the old one finish", func(t *testing.T) {
		h := start(t, everyMinute+strings.ReplaceAll(strings.ReplaceAll(everyMinute, "every-minute", "waits"), `"echo"`, `"wait"`))
		time.Sleep(time.Minute + time.Second)
		h.Write(`
plugin "tester" {
  config {
    prefix = "new "
  }
}
` + everyMinute)
		if _, diags, err := h.Reload(t.Context()); err != nil || diags.HasErrors() {
			t.Fatal(diags, err)
		}
		time.Sleep(time.Minute)
		list := runs(t, h)
		if len(list) != 3 || list[0].Summary != "new minute" {
			t.Errorf("runs = %+v", list)
		}
		var waits run.Run
		for _, r := range list {
			if r.ScheduleID == "waits" {
				waits = r
			}
		}
		if waits.State != run.Running {
			t.Errorf("the run that was open is %s", waits.State)
		}
		if r := h.Do(http.MethodPost, "/api/v1/runs/"+waits.ID+"/cancel", ""); r.Status >= 300 {
			t.Errorf("cancel: %d %s", r.Status, r.Body)
		}
		synctest.Wait()
		if r, _, err := h.Ledger().Run(t.Context(), waits.ID); err != nil || r.State != run.Cancelled {
			t.Errorf("run = %+v, %v", r, err)
		}
	})
	inBubble(t, "says what needs a restart", func(t *testing.T) {
		h := start(t, everyMinute)
		h.Write(pluginBlock + everyMinute + "\nhost {\n  late_limit = \"5m\"\n}\n")
		diff, diags, err := h.Reload(t.Context())
		if err != nil || diff.Unchanged != 1 || len(diags) != 1 || !strings.Contains(diags[0].Detail, "host.late_limit") {
			t.Errorf("Reload = %+v, %v, %v", diff, diags, err)
		}
	})
}

// onDisk starts a host with its store in dir, in real time.
func onDisk(t *testing.T, dir, text string, listener net.Listener) (*host.Host, error) {
	t.Helper()
	path := filepath.Join(dir, "config.hcl")
	if err := os.WriteFile(path, []byte(pluginBlock+text), 0o600); err != nil {
		t.Fatal(err)
	}
	h, diags, err := host.New(host.Options{
		Config:   config.Options{Paths: []string{path}, DataDir: filepath.Join(dir, "data"), Listen: "127.0.0.1:0"},
		Version:  "test",
		Bundled:  []host.Bundled{{Name: "tester", Make: func() sdk.Plugin { return tester() }}},
		Listener: listener,
		Log:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(diags, err)
	}
	if _, err := h.Start(t.Context()); err != nil {
		return nil, err
	}
	t.Cleanup(h.Stop)
	return h, nil
}

func TestStart(t *testing.T) {
	t.Parallel()
	t.Run("comes back with what it had", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		first, err := onDisk(t, dir, everyMinute, nil)
		if err != nil {
			t.Fatal(err)
		}
		before, err := first.Ledger().Schedules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first.Stop()
		second, err := onDisk(t, dir, everyMinute, nil)
		if err != nil {
			t.Fatal(err)
		}
		after, err := second.Ledger().Schedules(t.Context())
		if err != nil || len(after) != 1 || after[0].Version != before[0].Version || !after[0].CreatedAt.Equal(before[0].CreatedAt) {
			t.Errorf("before %+v, after %+v, %v", before, after, err)
		}
	})
	t.Run("refuses a store that another host has", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if _, err := onDisk(t, dir, everyMinute, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := onDisk(t, dir, everyMinute, nil); err == nil || !strings.Contains(err.Error(), "it is in use by process") {
			t.Errorf("a second host: %v", err)
		}
	})
	t.Run("says that the port is in use", func(t *testing.T) {
		t.Parallel()
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		path := filepath.Join(t.TempDir(), "config.hcl")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		h, _, err := host.New(host.Options{Config: config.Options{Paths: []string{path}, Listen: taken.Addr().String()}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "port is in use") {
			t.Errorf("Start() = %v", err)
		}
		h.Stop()
	})
}
