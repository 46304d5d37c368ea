package crontab

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"butlerd/host/config"
	"butlerd/host/finding"
	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is got to the golden files")

// exec are the arguments of the action of that name.
func exec() schema.Body {
	return schema.Body{Attributes: []schema.Attribute{
		{Name: "command", Type: schema.ListOf(schema.String), Required: true}, {Name: "dir", Type: schema.String},
		{Name: "env", Type: schema.MapOf(schema.String)}, {Name: "stdin", Type: schema.String}, {Name: "ok_exit_codes", Type: schema.ListOf(schema.Integer)},
	}}
}

// load loads what was made, as `butlerd validate` would.
func load(t *testing.T, text []byte) []*config.Schedule {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.hcl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(config.Options{Paths: []string{path}})
	if err := diags.Err(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	list, diags := c.Schedules(map[string]config.Action{"exec": {Plugin: "exec", Arguments: exec()}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

// Each crontab makes a configuration and a report, which are kept word for word.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, schedules := range map[string]int{"user": 5, "system": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile("testdata/" + name + ".crontab")
			if err != nil {
				t.Fatal(err)
			}
			made, report, err := Convert(Input{File: name + ".crontab", Text: string(text), Timezone: "Europe/Stockholm", System: name == "system"})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := report.WriteText(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".hcl", made)
			golden(t, name+".report", out.Bytes())
			if n := len(load(t, made)); n != schedules {
				t.Errorf("%d schedules, want %d", n, schedules)
			}
		})
	}
}

// A field of all days is no star for cron: one of two day fields is enough.
func TestAllDaysBesideAnotherAreDaily(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]string{
		"0 0 1-31 * 1": "0 0 * * *", "0 0 5 * 0-6": "0 0 * * *", "0 0 5 3 SUN-SAT": "0 0 * 3 *", "0 0 5 * 1-7": "0 0 * * *", "0 0 1-15,16-31 * 0-6": "0 0 * * *",
		"0 0 1-30 * 1": "0 0 1-30 * 1", "0 0 * * 1": "0 0 * * 1", "0 0 1-31 * *": "0 0 1-31 * *", "0 0 5 * 1-6": "0 0 5 * 1-6",
	} {
		made, report, err := Convert(Input{File: "c", Text: when + " a\n", Timezone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		if got := load(t, made)[0].Definition.Cron; got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
		if told := slices.ContainsFunc(report, func(f finding.Finding) bool { return f.Kind == finding.Changed }); told != (when != want) {
			t.Errorf("%s: %v", when, report)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		`a`:              {"a", "none"},
		`a%`:             {"a", "\n"},
		`a%b%c`:          {"a", "b\nc\n"},
		`date +\%F`:      {"date +%F", "none"},
		`a \% b%c\%d%%e`: {"a % b", "c%d\n\ne\n"},
		`a \\n`:          {`a \\n`, "none"},
	} {
		command, stdin := percent(text)
		got := "none"
		if stdin != nil {
			got = *stdin
		}
		if command != want[0] || got != want[1] {
			t.Errorf("%s: %q, %q; want %q", text, command, got, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	if _, _, err := Convert(Input{File: "c", Text: "0 1 * * * a\n"}); !errors.Is(err, ErrNoTimezone) || !strings.Contains(err.Error(), "c:1: ") {
		t.Error(err)
	}
	if _, _, err := Convert(Input{File: "c", Text: "CRON_TZ=Europe/Stokholm\n0 1 * * * a\n"}); err == nil || !strings.Contains(err.Error(), "c:2: ") {
		t.Error(err)
	}
	for _, text := range []string{strings.Repeat("#", MaxFile+1), strings.Repeat("\n", maxLines)} {
		if _, _, err := Convert(Input{File: "c", Text: text, Timezone: "UTC"}); err == nil {
			t.Error("takes any amount")
		}
	}
}

// FuzzConvert makes a configuration of any text: it must load.
func FuzzConvert(f *testing.F) {
	for _, name := range []string{"user", "system"} {
		text, err := os.ReadFile("testdata/" + name + ".crontab")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), name == "system")
	}
	f.Fuzz(func(t *testing.T, text string, system bool) {
		made, _, err := Convert(Input{File: "c", Text: text, Timezone: "UTC", System: system})
		if err == nil {
			load(t, made)
		}
	})
}
