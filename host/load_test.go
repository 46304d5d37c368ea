package host

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/run"
	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
)

const policies = `
pool "reloads" {
  slots    = 4
  max_wait = "30m"
}

notify "ops" {
  on_missed = true

  action "echo" {
    text = "missed: ${parent.missed}"
  }
}

plugin "tester" {
  pool = "reloads"
}

schedule "a" {
  cron     = "0 2 * * *"
  timezone = "UTC"
  notify   = "ops"

  on_success {
    start = ["b"]
  }
  action "echo" {
  }
}

schedule "b" {
  cron     = "0 2 * * *"
  timezone = "UTC"

  action "echo" {
  }
}
`

// What the dispatcher and the registry take of a configuration.
func TestDeclared(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.hcl")
	if err := os.WriteFile(path, []byte(policies), 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(config.Options{Paths: []string{path}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	text := schema.Body{Attributes: []schema.Attribute{{Name: "text", Type: schema.String}}}
	list, diags := c.Schedules(map[string]config.Action{"echo": {Plugin: "tester", Arguments: text}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	declared := (&loaded{config: c, schedules: list}).declared()
	if len(declared[0].Steps) != 1 || declared[1].Steps != nil || len(declared[0].FollowUps) != 2 {
		t.Fatalf("%+v", declared[0])
	}
	step := declared[0].Steps["notify.ops.missed"]
	doc, err := step.Bind(run.Facts{Parent: &run.Parent{Missed: 2}})
	if err != nil || string(doc) != `{"text":"missed: 2"}` || step.Action != "echo" || step.Plugin != "tester" {
		t.Errorf("%+v binds %s, %v", step, doc, err)
	}
	pools, ofPlugin := poolsOf(c)
	if diff := cmp.Diff(map[string]dispatch.Pool{"reloads": {Slots: 4, MaxWait: 30 * time.Minute}}, pools); diff != "" {
		t.Errorf("pools (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"tester": "reloads"}, ofPlugin); diff != "" {
		t.Errorf("of plugins (-want +got)\n%s", diff)
	}
}
