package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is got to the golden files")

// testSchema has something of everything that a plugin can publish.
func testSchema() schema.Body {
	return schema.Body{
		Attributes: []schema.Attribute{
			{Name: "text", Type: schema.String, Required: true},
			{Name: "mode", Type: schema.String, Enum: []string{"fast", "slow"}, Default: json.RawMessage(`"fast"`)},
			{Name: "count", Type: schema.Integer},
			{Name: "ratio", Type: schema.Number},
			{Name: "wait", Type: schema.Bool, Default: json.RawMessage(`true`)},
			{Name: "poll_interval", Type: schema.Duration, Default: json.RawMessage(`"5s"`)},
			{Name: "hosts", Type: schema.ListOf(schema.String)},
			{Name: "delays", Type: schema.ListOf(schema.Duration)},
			{Name: "limits", Type: schema.MapOf(schema.Integer)},
			{Name: "password", Type: schema.String, Sensitive: true},
			{Name: "old", Type: schema.String, Deprecated: `use "text"`},
		},
		Blocks: []schema.Block{
			{Name: "tls", Nesting: schema.Single, Body: schema.Body{Attributes: []schema.Attribute{
				{Name: "ca", Type: schema.String, Required: true},
				{Name: "key", Type: schema.String, Sensitive: true},
			}}},
			{Name: "step", Nesting: schema.List, Max: 3, Body: schema.Body{Attributes: []schema.Attribute{
				{Name: "name", Type: schema.String, Required: true},
				{Name: "after", Type: schema.Duration},
			}}},
		},
	}
}

func testActions() map[string]Action {
	return map[string]Action{
		"greet": {Plugin: "greeter", Arguments: testSchema()},
		"ping":  {Plugin: "greeter"},
		"names": {Plugin: "greeter", Query: true},
	}
}

// testOptions are what a case may set beside its files.
type testOptions struct {
	Vars    map[string]string
	Env     map[string]string
	Bundled []string
	Listen  string
	Place   []schema.Diagnostic // what the plugin finds in every block of its own
}

func (o testOptions) options(paths ...string) Options {
	return Options{
		Paths:   paths,
		Vars:    o.Vars,
		Env:     func(name string) (string, bool) { v, ok := o.Env[name]; return v, ok },
		Bundled: o.Bundled,
		Listen:  o.Listen,

		Hostname: "machine",
	}
}

// unpack writes the files of an archive and reads its options.
func unpack(t *testing.T, a *txtar.Archive) (dir string, o testOptions, want string) {
	t.Helper()
	dir = t.TempDir()
	for _, f := range a.Files {
		switch f.Name {
		case "want":
			want = string(f.Data)
		case "options.json":
			if err := json.Unmarshal(f.Data, &o); err != nil {
				t.Fatal(err)
			}
		default:
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir, o, want
}

// outcome is all that a configuration comes to, as text.
func outcome(dir string, o testOptions) string {
	var out strings.Builder
	write := func(diags Diagnostics) {
		for _, d := range diags {
			if d.File != "" {
				d.File = filepath.Base(d.File)
			}
			d.Detail = strings.ReplaceAll(strings.ReplaceAll(d.Detail, dir+string(filepath.Separator), ""), dir, "DIR")
			Diagnostics{d}.WriteText(&out, false, 78)
		}
	}
	c, diags := Load(o.options(dir))
	write(diags)
	if c == nil {
		return out.String()
	}
	if c.Host.Name != "machine" || c.Host.Labels != nil {
		labels, _ := json.Marshal(c.Host.Labels)
		fmt.Fprintf(&out, "host %s: %s\n", c.Host.Name, labels)
	}
	if c.Store.Kind != "sqlite" {
		text, _ := json.Marshal(c.Store)
		fmt.Fprintf(&out, "store: %s\n", strings.ReplaceAll(string(text), filepath.ToSlash(dir), "DIR"))
	}
	if text := apiText(c); c.apiMeaning != nil {
		fmt.Fprintf(&out, "api: %s\n", strings.ReplaceAll(text, dir, "DIR"))
	}
	for _, p := range c.Plugins {
		doc, diags := p.Decode(testSchema())
		write(diags)
		write(p.Place(o.Place))
		fmt.Fprintf(&out, "plugin %s (%s): %s\n", p.Name, filepath.Base(p.Origin()), doc)
	}
	schedules, diags := c.Schedules(testActions())
	write(diags)
	for _, s := range schedules {
		write(s.Place(o.Place))
		def, _ := json.MarshalIndent(s.Definition, "", "  ")
		fmt.Fprintf(&out, "schedule %s: %s\n", filepath.Base(s.Origin()), def)
	}
	return out.String()
}

// Each file holds one configuration and the exact text of all that is said
// about it. Add a case by adding a file and running with -update.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir, o, want := unpack(t, a)
			got := outcome(dir, o)
			if *update {
				rewrite(t, file, a, got)
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func rewrite(t *testing.T, file string, a *txtar.Archive, got string) {
	t.Helper()
	kept := a.Files[:0]
	for _, f := range a.Files {
		if f.Name != "want" {
			kept = append(kept, f)
		}
	}
	a.Files = append(kept, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
