package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"butlerd/host/schedule"

	"github.com/google/go-cmp/cmp"
)

// top is the top of the repository.
var top = filepath.Join("..", "..")

// The same file on three hosts: what is each host's own comes from outside.
func TestClusterExample(t *testing.T) {
	t.Parallel()
	hashes := make(map[string]bool)
	for name, zone := range map[string]string{"": "north", "host-2": "north", "host-3": "south"} {
		env := map[string]string{"DATABASE_URL": "postgres://butlerd@127.0.0.1:5433/butlerd", VarPrefix + "zone": zone}
		if name != "" {
			env[VarPrefix+"name"] = name
		} else {
			name = "machine"
		}
		o := testOptions{Env: env, Bundled: []string{"qlik-sense-reload"}}.options(filepath.Join(top, "examples", "cluster", "config.hcl"))
		o.Listen, o.DataDir = "127.0.0.1:0", t.TempDir()
		c, diags := Load(o)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		hashes[sharedOf(c)] = true
		if diff := cmp.Diff([]any{name, zone, "postgres"}, []any{c.Host.Name, c.Host.Labels["zone"], c.Store.Kind}); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	if len(hashes) != 1 {
		t.Errorf("%d configurations on three hosts", len(hashes))
	}
}

func TestTour(t *testing.T) {
	t.Parallel()
	o := testOptions{Bundled: []string{"qlik-sense-reload", "qlik-sense-app"}}.options(filepath.Join(top, "config.hcl"))
	if _, diags := Load(o); len(diags) > 0 {
		t.Error(diags)
	}
}

// What the tour has commented out has to load too, and its comments have to be
// true.
func TestTourOfSeveralHosts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(top, "config.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), " several hosts ---\n")
	section, _, _ = strings.Cut(section, "\n# ---")
	var code strings.Builder
	for line := range strings.Lines(section) {
		if line, ok := strings.CutPrefix(line, "#   "); ok {
			code.WriteString(line)
		}
	}
	const action = "qlik-sense-reload"
	o := testOptions{Env: map[string]string{"DATABASE_URL": "host=db dbname=butlerd"}, Bundled: []string{action}}
	c := load(t, code.String()+"plugin \""+action+"\" {\n}\n", o)
	if p := c.Store.Postgres; p.Lease != 10*time.Second || p.Pooler || c.Host.Name != "north-1" {
		t.Errorf("%+v, %+v", c.Host, c.Store)
	}
	want := &schedule.Placement{Labels: c.Host.Labels, Wait: 5 * time.Minute}
	if diff := cmp.Diff(want, c.drafts[0].definition.Placement); diff != "" || schedule.DefaultWait != time.Minute {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
