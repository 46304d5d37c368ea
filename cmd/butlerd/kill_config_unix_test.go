//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// killSlots are the slots of the pool of killText.
const killSlots = 2

// killText is a configuration with each policy that a schedule may have. All fire each
// second or so, and some of their runs last longer.
const killText = `
host {
  listen         = "127.0.0.1:0"
  data_dir       = %q
  shutdown_grace = "2s"
}

plugin "recorder" {
  path          = %q
  args          = ["recorder", %q]
  env           = { GORACE = "atexit_sleep_ms=0" }
  start_timeout = "30s"
}

pool "narrow" {
  slots    = %d
  max_wait = "3s"
}

notify "somebody" {
  after_failures = 2
  on_recovery    = true
  on_missed      = true
  action "qlik-sense-reload" {
  }
}

schedule "each-second" {
  for_each = toset(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = "allow"
  action "qlik-sense-reload" {
  }
}

# Of these no two runs may ever be executed at a time.
schedule "alone" {
  for_each = toset(["skip", "queue", "replace"])
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = each.key
  on_lost  = "retry"
  retry {
    attempts    = 3
    backoff     = "50ms"
    max_backoff = "200ms"
  }
  action "qlik-sense-reload" {
    hold = "2s"
    fail = 20
  }
}

schedule "found" {
  for_each = toset(["skip", "queue", "replace"])
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = each.key
  on_lost  = "retry"
  retry {
    attempts    = 3
    backoff     = "50ms"
    max_backoff = "200ms"
  }
  action "resumable" {
    hold = "2s"
    fail = 20
  }
}

schedule "pooled" {
  for_each = { low = 0, middle = 1, high = 2 }
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = "allow"
  pool     = "narrow"
  priority = each.value
  timeout  = "400ms"
  retry {
    attempts = 2
    backoff  = "100ms"
  }
  action "resumable" {
    hold = "500ms"
  }
}

schedule "caught" {
  for_each = { last = 1, all = 20 }
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = "queue"
  notify   = "somebody"
  catch_up {
    mode   = each.key
    within = "1m"
    limit  = each.value
  }
  action "qlik-sense-reload" {
    hold = "100ms"
    fail = 40
  }
}

schedule "moved" {
  cron     = ["*/2 * * * * *", "*/3 * * * * *", "1 * * * * *"]
  timezone = "UTC"
  overlap  = "allow"
  jitter   = "1s"
  action "qlik-sense-reload" {
  }
}

schedule "first" {
  cron     = "* * * * * *"
  timezone = "UTC"
  overlap  = "allow"
  on_success {
    start = ["second", "third"]
  }
  on_failure {
    action "qlik-sense-reload" {
    }
  }
  on_end {
    action "resumable" {
    }
  }
  action "resumable" {
    hold = "300ms"
    fail = 30
  }
}

schedule "second" {
  cron     = "*/5 * * * * *"
  timezone = "UTC"
  overlap  = "queue"
  on_success {
    start = ["third"]
  }
  action "qlik-sense-reload" {
    hold = "50ms"
  }
}

schedule "third" {
  cron     = "0 0 1 1 *"
  timezone = "UTC"
  overlap  = "allow"
  pool     = "narrow"
  action "qlik-sense-reload" {
  }
}
`

// killAlone says of which schedules no two runs may be executed at a time.
func killAlone(schedule string) bool {
	group, _, _ := strings.Cut(schedule, ".")
	return slices.Contains([]string{"alone", "found", "caught", "second"}, group)
}

// killFollows are the follow-ups of the schedules of killText: of these schedules or,
// where it is empty, actions.
var killFollows = map[string][]followed{
	"first": {
		{name: "on_success", starts: "second", on: succeeded}, {name: "on_success", starts: "third", on: succeeded},
		{name: "on_failure", on: failed}, {name: "on_end", on: ended},
	},
	"second": {{name: "on_success", starts: "third", on: succeeded}},
}

// killConfig writes a configuration of killText.
func killConfig(t *testing.T, dir string) (config, record string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	record = filepath.Join(dir, "record")
	text := fmt.Sprintf(killText, filepath.Join(dir, "data"), self, record, killSlots)
	config = filepath.Join(dir, "config.hcl")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config, record
}
