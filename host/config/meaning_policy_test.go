package config

import (
	"strings"
	"testing"
)

// ruled has what says how runs are handled.
const ruled = `
history {
  keep      = "90d"
  keep_runs = 1000
}

pool "a" {
  slots    = 4
  max_wait = "30m"
}

pool "b" {
  slots = 1
}

calendar "holidays" {
  dates = ["05-01"]
}

calendar "work" {
  weekdays = ["MON-FRI"]
  exclude  = ["holidays"]
}

notify "ops" {
  after_failures = 3

  action "greet" {
    text     = "told ${parent.error}"
    password = "hunter2-rule"
  }
}

plugin "greeter" {
  pool = "a"

  config {
    text = "x"
  }
}

schedule "a" {
  cron     = ["0 2 * * *", "0 3 * * *"]
  timezone = "UTC"
  calendar = "work"
  pool     = "b"
  notify   = "ops"

  retry {
    attempts = 3
    on       = ["failed", "lost"]
  }
  on_failure {
    action "greet" {
      text     = "failed ${parent.error}"
      password = "hunter2-step"
    }
  }
  action "ping" {
  }
}

schedule "b" {
  cron     = "0 4 * * *"
  timezone = "UTC"

  action "ping" {
  }
}
`

// Each change must show in the names it concerns and in no other.
func TestMeaningOfPolicies(t *testing.T) {
	t.Parallel()
	before, shared := namesOf(t, ruled, ""), sharedOf(load(t, ruled, testOptions{}))
	for _, tt := range []struct {
		name          string
		old, new      string
		hash, a, both bool // what changes; both: the hash of all hosts too
	}{
		{name: "nothing"},
		{name: "a duration written in another way", old: `"30m"`, new: `"1800s"`},
		{name: "a range of days written out", old: `"MON-FRI"`, new: `"FRI", "MON", "TUE", "WED", "THU"`},
		{name: "the order of what is retried", old: `["failed", "lost"]`, new: `["lost", "failed"]`},
		{name: "on_lost beside lost", old: "  retry {", new: "  on_lost = \"retry\"\n  retry {"},
		{name: "a default written out", old: "    attempts = 3", new: "    attempts = 3\n    backoff = \"30s\"\n    max_backoff = \"1h\""},
		{name: "what is kept", old: `"90d"`, new: `"91d"`, hash: true, both: true},
		{name: "the slots of a pool", old: "slots    = 4", new: "slots    = 5", hash: true, both: true},
		{name: "the wait of a pool", old: `"30m"`, new: `"31m"`, hash: true, both: true},
		{name: "the pool of a plugin", old: `pool = "a"`, new: `pool = "b"`, hash: true, both: true},
		{name: "the pool of a schedule", old: `pool     = "b"`, new: `pool     = "a"`, hash: true, a: true, both: true},
		{name: "a calendar in a calendar", old: `"05-01"`, new: `"05-02"`, hash: true, a: true, both: true},
		{name: "another cron line", old: `"0 3 * * *"`, new: `"1 3 * * *"`, hash: true, a: true, both: true},
		{name: "retries", old: "attempts = 3", new: "attempts = 4", hash: true, a: true, both: true},
		{name: "when a rule notifies", old: "after_failures = 3", new: "after_failures = 4", hash: true, a: true, both: true},
		{name: "the action of a rule", old: "told", new: "tells", hash: true, a: true, both: true},
		{name: "a secret of a rule", old: "hunter2-rule", new: "hunter2-other", hash: true, a: true},
		{name: "the action of a follow-up", old: "failed $", new: "fails $", hash: true, a: true, both: true},
		{name: "a secret of a follow-up", old: "hunter2-step", new: "hunter2-other", hash: true, a: true},
		{name: "the occasion of a follow-up", old: "on_failure", new: "on_end", hash: true, a: true, both: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(ruled, tt.old, tt.new, 1)
			if tt.old != "" && text == ruled {
				t.Fatal("nothing to replace")
			}
			after := namesOf(t, text, "")
			for _, c := range []struct {
				what         string
				changed, may bool
			}{
				{"hash", before.hash != after.hash, tt.hash},
				{"shared hash", shared != sharedOf(load(t, text, testOptions{})), tt.both},
				{"plugin", before.plugin != after.plugin, false},
				{"schedule a", before.a != after.a, tt.a},
				{"schedule b", before.b != after.b, false},
			} {
				if c.changed != c.may {
					t.Errorf("%s changed: %v, want %v", c.what, c.changed, c.may)
				}
			}
		})
	}
}
