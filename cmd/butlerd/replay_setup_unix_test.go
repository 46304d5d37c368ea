//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"butlerd/host/config"
)

// prepare does one thing before a request.
func (w *world) prepare(t *testing.T, record record, s step) {
	t.Helper()
	path := w.expand(s.Path)
	var err error
	switch s.Op {
	case "stop":
		w.halt(t)
	case "restart":
		w.halt(t)
		w.begin(t, s.Config)
	case "rm":
		err = os.RemoveAll(path)
	case "mkdir":
		err = os.MkdirAll(path, 0o755)
	case "write":
		err = writeAt(path, s.Content, s.Mtime)
	case "symlink":
		err = os.Symlink(w.expand(s.Target), path)
	case "sleep": // until a value has outlived its time
		err = pause(t.Context(), time.Duration(s.Ms)*time.Millisecond)
	case "mock":
		err = w.behave(t.Context(), s.Mode)
	default:
		err = fmt.Errorf("%q is not known", s.Op)
	}
	if err != nil {
		t.Fatalf("record %d (%s): preparing: %v", record.N, record.Name, err)
	}
}

func writeAt(path, text string, at time.Time) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil || at.IsZero() {
		return err
	}
	return os.Chtimes(path, at, at)
}

// halt stops the host, if there is one.
func (w *world) halt(t *testing.T) {
	t.Helper()
	if w.host == nil {
		return
	}
	w.settle(t)
	w.checkOwed(t)
	w.host.stop(t)
	w.host = nil
}

// begin starts the host with one of the configurations of the records.
func (w *world) begin(t *testing.T, name string) {
	t.Helper()
	w.config = name
	if err := w.connect(t.Context(), name != "golden-noqrs"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(w.dir, "config.hcl")
	if err := os.WriteFile(path, []byte(w.hcl(name)), 0o600); err != nil {
		t.Fatal(err)
	}
	w.host = serveIn(t, w.expand("${CWD}"), w.dir, "serve", "-config", path)
}

// hcl is what Butler's configuration of that name is for butlerd.
func (w *world) hcl(name string) string {
	certs := w.repo.Certs()
	site := func(addr string) string {
		return fmt.Sprintf("host = %q\nclient_cert = %q\nclient_key = %q\nroot_cert = %q\n", addr, certs.Client, certs.ClientKey, certs.Root)
	}
	return fmt.Sprintf(`
host {
  listen       = "127.0.0.1:0"
  data_dir     = %q
  v4_responses = %q
}

plugin "qlik-sense-reload" {
  config { %s }
}

plugin "qlik-sense-app" {
  config { %s }
}

plugin "slack" {
  config { webhook_url = "%[5]s/slack" }
}

plugin "newrelic" {
  config {
    account_id  = "1"
    insert_key  = "key"
    events_url  = "%[5]s/newrelic"
    metrics_url = "%[5]s/newrelic/metric/v1"
    attributes  = { env = "prod" }
  }
}

api {
%[6]s
%[7]s
}
%[8]s
`, w.expand("${G}/data"), w.responses, "\n"+site(w.repo.Addr()), "\n"+site(w.engine.Addr()), w.sink.URL, w.files(), w.special(name), w.onDisk(name))
}

// files are the approved directories.
func (w *world) files() string {
	return w.expand(`
  files {
    copy {
      from = "${G}/copyfrom"
      to   = "${G}/copyto"
    }
    move {
      from = "${G}/movefrom"
      to   = "${G}/moveto"
    }
    delete = ["${G}/del"]
    create = ["${G}/made", "${G}/o"]
    qvd    = "${G}/qvd"
  }`)
}

// special is what the api block of a configuration has beside the directories.
func (w *world) special(name string) string {
	switch name {
	case "golden-filter":
		return `
  start_task_filter {
    task_ids = ["0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"]
    tags     = ["startTask1"]
    custom_property {
      name  = "taskGroup"
      value = "tasks1"
    }
  }`
	case "golden-kv3":
		return "  key_value_store { max_keys = 3 }"
	case "golden-nosched":
		return disable(func(operation string) bool { return strings.Contains(operation, "Schedule") })
	case "golden-disabled":
		return disable(func(operation string) bool { return operation != "apiListEnabledEndpoints" })
	}
	return ""
}

func disable(which func(operation string) bool) string {
	list := slices.DeleteFunc(config.Operations(), func(operation string) bool { return !which(operation) })
	return `  disable = ["` + strings.Join(list, `", "`) + `"]`
}

// onDisk are the schedules of the file that Butler was started with.
func (w *world) onDisk(name string) string {
	if name != "golden-nosched" {
		return ""
	}
	return `
schedule "task-1" {
  name     = "on disk"
  cron     = "0 6 * * *"
  timezone = "UTC"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}`
}
