package config

import (
	"strings"
	"testing"

	"butlerd/sdk/schema"
)

// shareable is what two hosts may have in common.
const shareable = `
host {
  name     = "north"
  listen   = "127.0.0.1:1"
  data_dir = "data"
  labels   = { zone = "a" }
}

store "postgres" { url = env("DATABASE_URL") }

variable "server" {
  default = "a"
}

variable "pin" {
  default   = "hunter2-pin"
  sensitive = true
}

locals {
  shift = "early"
}

plugin "greeter" {
  path           = "bin/greeter"
  max_concurrent = 4

  env = {
    TOKEN = "hunter2-env"
  }
  config {
    text     = var.server
    password = "hunter2-literal"
    hosts    = ["${path.data}/a", file("${path.dir}/note.txt")]

    tls {
      ca  = "${path.dir}/ca.pem"
      key = "hunter2-key"
    }
  }
}

schedule "a" {
  cron     = "0 2 * * *"
  timezone = "UTC"

  placement {
    labels = { zone = "a" }
  }
  action "greet" {
    text     = "${local.shift} ${env("TOKEN")} ${run.id} ${sensitive("hunter2-call")}"
    mode     = "fast"
    old      = "${local.shift} ${run.id}"
    password = "${run.id} hunter2-fact"
    hosts    = [var.pin, "x"]
  }
}
`

func sharedOf(c *Config) string {
	return c.SharedHash(map[string]schema.Body{"greeter": testSchema()}, testActions())
}

func sharedHash(t *testing.T, text, env, note string) string {
	t.Helper()
	o := testOptions{Env: map[string]string{"TOKEN": env, "DATABASE_URL": "host=" + env}}
	dir := write(t, map[string]string{"config.hcl": text, "note.txt": note})
	c, diags := Load(o.options(dir))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if _, diags := c.Schedules(testActions()); diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	return sharedOf(c)
}

// Each loading is in a directory of its own, as on another machine.
func TestSharedHash(t *testing.T) {
	t.Parallel()
	before := sharedHash(t, shareable, "hunter2", "note")
	for _, tt := range []struct {
		name, old, new string
		differs        bool
	}{
		{name: "nothing"},
		{name: "the name of the host", old: `"north"`, new: `"south"`},
		{name: "where it listens", old: "127.0.0.1:1", new: "127.0.0.1:2"},
		{name: "its data directory", old: `"data"`, new: `"elsewhere"`},
		{name: "its labels", old: `  labels   = { zone = "a" }`, new: `  labels = { zone = "b" }`},
		{name: "its logs", old: "host {", new: "host {\n  log_level = \"debug\""},
		{name: "the store", old: "store \"postgres\" { url = env(\"DATABASE_URL\") }", new: ""},
		{name: "comments", old: "plugin", new: "# a comment\nplugin"},
		{name: "a secret in env", old: "hunter2-env", new: "other"},
		{name: "a secret literal", old: "hunter2-literal", new: "other"},
		{name: "a secret in a block", old: "hunter2-key", new: "other"},
		{name: "a secret beside a fact", old: "hunter2-fact", new: "other"},
		{name: "a secret made by a call", old: "hunter2-call", new: "other"},
		{name: "a sensitive variable", old: "hunter2-pin", new: "other"},

		{name: "a zone for all schedules", old: "host {", new: "host {\n  timezone = \"UTC\""},
		{name: "a cron expression", old: "0 2", new: "0 3", differs: true},
		{name: "a placement", old: `    labels = { zone = "a" }`, new: `    labels = { zone = "b" }`, differs: true},
		{name: "an argument of an action", old: `"fast"`, new: `"slow"`, differs: true},
		{name: "an argument beside a secret", old: `[var.pin, "x"]`, new: `[var.pin, "y"]`, differs: true},
		{name: "an argument with a fact", old: `old      = "${local.shift} ${run.id}"`, new: `old = "${local.shift} ${run.trigger}"`, differs: true},
		{name: "a local", old: `"early"`, new: `"late"`, differs: true},
		{name: "a variable", old: `default = "a"`, new: `default = "b"`, differs: true},
		{name: "a limit", old: "= 4", new: "= 5", differs: true},
		{name: "the program of a plugin", old: "bin/greeter", new: "bin/other", differs: true},
		{name: "a variable in env", old: "TOKEN =", new: "OTHER =", differs: true},
		{name: "an argument of a plugin", old: "ca.pem", new: "other.pem", differs: true},
		{name: "a schedule", old: `schedule "a"`, new: `schedule "b"`, differs: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(shareable, tt.old, tt.new, 1)
			if tt.old != "" && text == shareable {
				t.Fatal("nothing to replace")
			}
			if differs := sharedHash(t, text, "hunter2", "note") != before; differs != tt.differs {
				t.Errorf("differs: %v, want %v", differs, tt.differs)
			}
		})
	}
	if sharedHash(t, shareable, "another", "note") != before {
		t.Error("a secret of the environment shows")
	}
	if sharedHash(t, shareable, "hunter2", "another") == before {
		t.Error("what file() reads does not show")
	}
}

func TestSharedHashOfJSON(t *testing.T) {
	t.Parallel()
	const text = `{"plugin": {"greeter": {"config": {"text": "a", "tls": {"ca": "b", "key": "hunter2"}}}},
"schedule": {"a": {"cron": "@daily", "timezone": "UTC", "action": {"greet": {
	"text": "c ${run.id}", "tls": {"ca": "d ${run.id}", "key": "hunter3"}, "hosts": ["e ${run.id}"], "old": "${run.id} ${sensitive(\"hunter4\")}"}}}}}`
	hash := func(text string) string {
		c, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl.json": text})}})
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		return sharedOf(c)
	}
	before := hash(text)
	for _, old := range []string{`"a", "tls"`, `"b"`, `"c `, `"d `, `"e `} {
		if hash(strings.Replace(text, old, strings.Replace(old, `"`, `"z`, 1), 1)) == before {
			t.Errorf("%s does not show", old)
		}
	}
	for _, secret := range []string{"hunter2", "hunter3", "hunter4"} {
		if hash(strings.Replace(text, secret, "other", 1)) != before {
			t.Errorf("%s shows", secret)
		}
	}
}

// Without a schema nobody knows which arguments are secret.
func TestSharedHashWithoutSchemas(t *testing.T) {
	t.Parallel()
	hash := func(text string) string {
		return load(t, "plugin \"greeter\" {\n  config {\n    text = \""+text+"\"\n  }\n}\n", testOptions{}).SharedHash(nil, nil)
	}
	if hash("hunter2") != hash("other") {
		t.Error("a value shows")
	}
}
