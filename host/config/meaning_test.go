package config

import (
	"strings"
	"testing"
)

const meaningful = `
host {
  listen = "127.0.0.1:0"
}

variable "server" {
  default = "a"
}

locals {
  name = "x"
}

plugin "greeter" {
  max_concurrent = 4

  config {
    text     = var.server
    password = env("TOKEN")

    dynamic "step" {
      for_each = ["1", local.name]

      content {
        name = step.value
      }
    }
  }
}

schedule "a" {
  cron     = "0 2 * * *"
  timezone = "UTC"

  action "greet" {
    text     = local.name
    password = env("TOKEN")
  }
}

schedule "b" {
  cron     = "0 3 * * *"
  timezone = "UTC"

  action "greet" {
    text = "${local.name} ${run.id}"
  }
}
`

// names are the hash and all fingerprints of a configuration.
type names struct{ hash, plugin, a, b string }

func namesOf(t *testing.T, text, token string) names {
	t.Helper()
	o := testOptions{Env: map[string]string{"TOKEN": token}}
	c := load(t, text, o)
	list, diags := c.Schedules(testActions())
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	n := names{hash: c.Hash, plugin: c.Plugins[0].Fingerprint()}
	for _, s := range list {
		switch s.ID {
		case "a":
			n.a = s.Fingerprint()
		case "b":
			n.b = s.Fingerprint()
		}
	}
	return n
}

// A reload compares these names, so each change must show in those it concerns
// and in no other.
func TestMeaning(t *testing.T) {
	t.Parallel()
	before := namesOf(t, meaningful, "token")
	for _, tt := range []struct {
		name                string
		old, new            string
		token               string
		hash, plugin, a, b_ bool // what changes
	}{
		{name: "nothing"},
		{name: "comments", old: "host {", new: "# a comment\nhost { // and one\n"},
		{name: "a comment in an expression", old: `for_each = ["1", local.name]`, new: "for_each = [\n  \"1\", # one\n  local.name,\n]"},
		{name: "alignment", old: "    text     = var.server", new: "text=var.server"},
		{name: "order", old: "\nschedule \"a\"", new: "\nschedule \"z\" {\n  cron = \"@hourly\"\n  timezone = \"UTC\"\n  action \"ping\" {\n  }\n}\n\nschedule \"a\"", hash: true},
		{name: "a value written in another way", old: `default = "a"`, new: `default = "\u0061"`},
		{name: "a default written out", old: "    text     = local.name", new: "    text = local.name\n    mode = \"fast\"", hash: true},
		{name: "a local renamed", old: "  name = \"x\"", new: "  name = \"x\"\n  other = 1"},
		{name: "a local changed", old: `name = "x"`, new: `name = "y"`, hash: true, plugin: true, a: true, b_: true},
		{name: "a variable changed", old: `default = "a"`, new: `default = "b"`, hash: true, plugin: true},
		{name: "a secret changed", token: "other", hash: true, plugin: true, a: true},
		{name: "the limit of a plugin changed", old: "= 4", new: "= 5", hash: true, plugin: true},
		{name: "the content of a dynamic block changed", old: "name = step.value", new: "name = step.key", hash: true, plugin: true},
		{name: "the host changed", old: "127.0.0.1:0", new: "127.0.0.1:1", hash: true},
		{name: "a cron expression changed", old: "0 2 *", new: "1 2 *", hash: true, a: true},
		{name: "a placement added", old: "  timezone = \"UTC\"\n\n  action", new: "  timezone = \"UTC\"\n\n  placement {\n    labels = { zone = \"a\" }\n  }\n\n  action", hash: true, a: true},
		{name: "an argument with a fact changed", old: "run.id", new: "run.trigger", hash: true, b_: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, token := meaningful, "token"
			if tt.old != "" {
				if text = strings.Replace(text, tt.old, tt.new, 1); text == meaningful {
					t.Fatal("nothing to replace")
				}
			}
			if tt.token != "" {
				token = tt.token
			}
			after := namesOf(t, text, token)
			for _, c := range []struct {
				what        string
				old, new    string
				wantChanged bool
			}{
				{"hash", before.hash, after.hash, tt.hash},
				{"plugin", before.plugin, after.plugin, tt.plugin},
				{"schedule a", before.a, after.a, tt.a},
				{"schedule b", before.b, after.b, tt.b_},
			} {
				if changed := c.old != c.new; changed != c.wantChanged {
					t.Errorf("%s changed: %v, want %v", c.what, changed, c.wantChanged)
				}
			}
		})
	}
}

func TestMeaningDoesNotDependOnFiles(t *testing.T) {
	t.Parallel()
	at := strings.Index(meaningful, "schedule \"a\"")
	one := write(t, map[string]string{"all.hcl": meaningful})
	two := write(t, map[string]string{"a.hcl": meaningful[at:], "b.hcl": meaningful[:at]})
	o := testOptions{Env: map[string]string{"TOKEN": "token"}}
	c, _ := Load(o.options(one))
	d, diags := Load(o.options(two))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if c.Hash != d.Hash {
		t.Error("the hash differs")
	}
}

func TestMeaningOfJSON(t *testing.T) {
	t.Parallel()
	const text = `{"plugin": {"greeter": {"config": {"text": "a", "dynamic": {"step": {"for_each": ["1"], "content": {"name": "${step.value}"}}}}}}}`
	hash := func(text string) string {
		c, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl.json": text})}})
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		return c.Plugins[0].Fingerprint()
	}
	if hash(text) != hash(strings.ReplaceAll(text, ":", " :\n")) {
		t.Error("formatting changes it")
	}
	if hash(text) == hash(strings.Replace(text, `"a"`, `"b"`, 1)) {
		t.Error("a value does not change it")
	}
	if hash(text) == hash(strings.Replace(text, "step.value", "step.key", 1)) {
		t.Error("the content of a dynamic block does not change it")
	}
}

// What env() and file() read counts, also in an expression that has no value at
// load.
func TestMeaningOfWhatFunctionsRead(t *testing.T) {
	t.Parallel()
	plugin := func(name, text string) func(token string) string {
		return func(token string) string {
			c, diags := Load(testOptions{Env: map[string]string{"TOKEN": token}}.options(write(t, map[string]string{name: text})))
			if err := diags.Err(); err != nil {
				t.Fatal(err)
			}
			return c.Plugins[0].Fingerprint()
		}
	}
	for name, of := range map[string]func(token string) string{
		"beside a fact": func(token string) string {
			return schedules(t, greeting("text = \"${env(\"TOKEN\")} ${run.id}\""), testOptions{Env: map[string]string{"TOKEN": token}})[0].Fingerprint()
		},
		"in a dynamic block": plugin("a.hcl", `plugin "greeter" {
  config {
    text = "x"

    dynamic "step" {
      for_each = ["1"]

      content {
        name = "${step.value} ${upper(env("TOKEN"))}"
      }
    }
  }
}
`),
		"in a dynamic block in JSON": plugin("a.hcl.json", `{"plugin": {"greeter": {"config": {"text": "x", "dynamic": {"step":
			[{"for_each": ["1"], "content": {"name": "${step.value} ${upper(env(\"TOKEN\"))}"}}]}}}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, again, two := of("one"), of("one"), of("two")
			if one != again {
				t.Error("differs when nothing changed")
			}
			if one == two {
				t.Error("does not differ")
			}
		})
	}
}
