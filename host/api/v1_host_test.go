package api

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"butlerd/host/config"
	"butlerd/host/plugin"
	"butlerd/host/registry"
	"butlerd/sdk/schema"
)

func TestPluginsAreListed(t *testing.T) {
	t.Parallel()
	failing := PluginInfo{
		Status: plugin.Status{Name: "greeter", State: plugin.Failing, Restarts: 3, LastError: "exit status 2", NextTryAt: noon.Add(time.Minute)},
	}
	busy := reloadPlugin()
	busy.Running, busy.Waiting = 4, 17
	b := setup(t, func(o *Options) { o.Plugins = func() []PluginInfo { return []PluginInfo{failing, busy} } })
	b.play(t, []scenario{{name: "with their actions", method: "GET", path: "/api/v1/plugins", status: 200, says: []string{
		`{"plugins":[{"name":"greeter"`, `"state":"failing"`, `"restarts":3`, `"last_error":"exit status 2"`, `"next_try_at":"2026-03-29T12:01:00Z"`, `"pid":null`, `"actions":[]`,
		`"name":"qlik-sense-reload"`, `"version":"1.0.0"`, `"state":"ready"`, `"pid":4711`, `"sha256":"abab`, `"max_concurrent":4`, `"running":4`, `"waiting":17`, `"next_try_at":null`,
		`"arguments":{"attributes":[{"name":"task_id","type":"string","doc":"id of the task to start"}]}`,
	}}})
	none := setup(t, func(o *Options) { o.Plugins = func() []PluginInfo { return nil } })
	none.play(t, []scenario{{name: "also when there are none", method: "GET", path: "/api/v1/plugins", status: 200, says: []string{`{"plugins":[]}`}}})
}

func TestReload(t *testing.T) {
	t.Parallel()
	warning := config.Diagnostic{Severity: schema.Warning, Summary: "Change needs a restart"}
	wrong := config.Diagnostic{
		Severity: schema.Error, Summary: "Unknown argument", Detail: `Did you mean "cron"?`, File: "config.hcl",
		Start: config.Position{Line: 12, Column: 3, Byte: 200}, End: config.Position{Line: 12, Column: 7, Byte: 204}, Snippet: "  corn = 1",
	}
	diff := registry.Diff{Added: []string{"a"}, Changed: []string{}, Removed: []string{"b", "c"}, Unchanged: 4}
	tests := map[string]struct {
		diff        registry.Diff
		diagnostics config.Diagnostics
		err         error
		status      int
		says        []string
	}{
		"says what changed":               {diff, nil, nil, 200, []string{`{"added":["a"],"changed":[],"removed":["b","c"],"unchanged":4,"diagnostics":[]}`}},
		"says what to know besides":       {diff, config.Diagnostics{warning}, nil, 200, []string{`"diagnostics":[{"severity":"warning","summary":"Change needs a restart"}]`}},
		"says what is wrong and where":    {registry.Diff{}, config.Diagnostics{wrong}, errors.New("no"), 422, []string{"urn:butlerd:problem:configuration-invalid", `"file":"config.hcl"`, `"line":12`, `Did you mean \"cron\"?`, `"snippet":"  corn = 1"`}},
		"says whose id is taken":          {registry.Diff{}, nil, &registry.ConflictError{ID: "x", Origin: "config.hcl:3"}, 409, []string{"urn:butlerd:problem:already-exists", `config.hcl:3`}},
		"keeps other failures to the log": {registry.Diff{}, config.Diagnostics{warning}, errors.New("secret"), 500, []string{"urn:butlerd:problem:internal-error"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *Options) {
				o.Reload = func(ctx context.Context) (registry.Diff, config.Diagnostics, error) {
					if _, ok := ctx.Deadline(); !ok {
						t.Error("the reload is not bounded")
					}
					return tt.diff, tt.diagnostics, tt.err
				}
			})
			a := b.send("POST", "/api/v1/reload", "")
			if a.Status != tt.status {
				t.Errorf("status %d, not %d", a.Status, tt.status)
			}
			for _, text := range tt.says {
				if !strings.Contains(a.Body, text) {
					t.Errorf("%s is not in %s", text, a.Body)
				}
			}
			if strings.Contains(a.Body, "secret") {
				t.Errorf("the answer tells a secret: %s", a.Body)
			}
		})
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	t.Run("of a host that is well", func(t *testing.T) {
		t.Parallel()
		setup(t, nil).play(t, []scenario{
			{name: "say that it lives", method: "GET", path: "/livez", status: 200, says: []string{`{"live":true}`}},
			{name: "say that it is ready", method: "GET", path: "/readyz", status: 200, says: []string{`{"ready":true,"checks":[]}`}},
			{name: "say what is well when asked", method: "GET", path: "/readyz?verbose", status: 200, says: []string{`{"name":"store","ok":true,"detail":"writable"}`}},
			{name: "answer HEAD", method: "HEAD", path: "/readyz", status: 200},
			{name: "show numbers", method: "GET", path: "/metrics", status: 200, says: []string{"up 1"}},
		})
	})
	t.Run("of a host that is not", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(o *Options) {
			o.Ready = func() []Check {
				return []Check{{Name: "store", Detail: "disk full"}, {Name: "host", OK: true, Detail: "ready"}}
			}
		})
		b.play(t, []scenario{
			{name: "say that it lives", method: "GET", path: "/livez", status: 200},
			{name: "say why it is not ready", method: "GET", path: "/readyz", status: 503, says: []string{`"ready":false`, `{"name":"store","ok":false,"detail":"disk full"}`}, hides: []string{`"host"`}},
			{name: "say all when asked", method: "GET", path: "/readyz?verbose=1", status: 503, says: []string{`"host"`, `"store"`}},
		})
	})
}
