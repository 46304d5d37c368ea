package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// seeds adds the files of all golden cases.
func seeds(f *testing.F, suffix string) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range a.Files {
			if strings.HasSuffix(part.Name, suffix) && !strings.HasPrefix(part.Name, "options") {
				f.Add(string(part.Data))
			}
		}
	}
}

// FuzzLoad loads any text: it must not panic, say the same when asked again,
// and point into the file.
func FuzzLoad(f *testing.F) {
	seeds(f, ".hcl")
	f.Add(meaningful)
	f.Add(shareable)
	f.Add(following)
	f.Add(ruled)
	f.Fuzz(func(t *testing.T, text string) { tryOut(t, "config.hcl", text) })
}

// FuzzLoadJSON is FuzzLoad for the JSON syntax.
func FuzzLoadJSON(f *testing.F) {
	seeds(f, ".json")
	f.Fuzz(func(t *testing.T, text string) { tryOut(t, "config.hcl.json", text) })
}

func tryOut(t *testing.T, name, text string) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	first := everything(t, path, len(text))
	if diff := cmp.Diff(first, everything(t, path, len(text))); diff != "" {
		t.Errorf("differs when loaded again:\n%s", diff)
	}
}

// everything calls all of the API with a file, and gives all that came of it.
func everything(t *testing.T, path string, size int) string {
	o := testOptions{Env: map[string]string{
		"TOKEN":        "hunter2-token",
		"DATABASE_URL": "postgres://butlerd:hunter2-url@127.0.0.1/butlerd",
	}}.options(path)
	c, diags := Load(o)
	var out []any
	if c != nil {
		out = append(out, c.Hash, c.Host, apiText(c), c.Store, c.History, c.Pools, c.PluginPools(), sharedOf(c))
		for _, p := range c.Plugins {
			doc, found := p.Decode(testSchema())
			out = append(out, p.Fingerprint(), string(doc))
			diags = append(append(diags, found...), p.Place(everywhere())...)
		}
		list, found := c.Schedules(testActions())
		diags = append(diags, found...)
		for _, s := range list {
			doc, err := s.Bind(facts())
			out = append(out, s.Definition, s.Fingerprint(), string(doc), err != nil)
			diags = append(diags, s.Place(everywhere())...)
			for _, step := range s.Steps() {
				doc, err := step.Bind(facts())
				out = append(out, step.Name, step.Rule, string(step.Known()), string(doc), err != nil)
				diags = append(diags, step.Place(everywhere())...)
			}
		}
	}
	for _, d := range diags {
		if d.Start.Byte < 0 || d.End.Byte > size+1 || d.End.Byte < d.Start.Byte {
			t.Errorf("points outside the file: %+v", d)
		}
		if d.Summary == "Configuration cannot be evaluated" {
			t.Errorf("the library panicked: %+v", d)
		}
	}
	all, err := json.Marshal(append(out, diags))
	if err != nil {
		t.Error(err)
	}
	return string(all)
}

// apiText is the api block as text: what JSON has no form for is written by fmt, which
// sorts it.
func apiText(c *Config) string { return fmt.Sprintf("%+v", c.API) }

// FuzzReadDSN reads any text as the place of a database: it must not panic, and
// what it says must quote none of it.
func FuzzReadDSN(f *testing.F) {
	for _, text := range []string{
		"postgres://butlerd:pass%20word@[::1]:5432,b.example.com/butlerd?host=/run&password=x", "postgresql://a@%/b?c=%zz",
		`host=a password='b\' c' d = e`, "host='a", "mysql://a", " ", "[", "postgres://[::1", "postgres://[a]b", "=",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const mark = "~quoted~"
		if _, reason := readDSN(text + mark); strings.Contains(reason, mark) {
			t.Errorf("quoted: %s", reason)
		}
	})
}

func everywhere() []schema.Diagnostic {
	return []schema.Diagnostic{
		{Severity: schema.Error, Summary: "x", Path: schema.Path{"step", 1, "name"}},
		{Severity: schema.Warning, Summary: "y", Path: schema.Path{"limits", "a"}},
	}
}
