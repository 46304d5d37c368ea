package config

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// pluginName is the form of the names that plugins give themselves.
var pluginName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

var sha256Sum = regexp.MustCompile(`^[0-9a-f]{64}$`)

func pluginGrammar() grammar {
	return grammar{
		shape: ownShape(schema.Body{Attributes: []schema.Attribute{
			{Name: "path", Type: schema.String},
			{Name: "sha256", Type: schema.String},
			{Name: "args", Type: schema.ListOf(schema.String)},
			{Name: "env", Type: schema.MapOf(schema.String)},
			{Name: "dir", Type: schema.String},
			{Name: "max_concurrent", Type: schema.Integer, Default: json.RawMessage(`1000`)},
			{Name: "start_timeout", Type: schema.Duration, Default: json.RawMessage(`"10s"`)},
			{Name: "stop_grace", Type: schema.Duration, Default: json.RawMessage(`"10s"`)},
			{Name: "pool", Type: schema.String},
		}}),
		blocks: []hcl.BlockHeaderSchema{{Type: "config"}},
		secret: []string{"env"},
	}
}

// plugins evaluates all plugin blocks but for their config blocks.
func (l *loader) plugins() hcl.Diagnostics {
	g := pluginGrammar()
	var diags hcl.Diagnostics
	for _, b := range l.blocks["plugin"] {
		p, found := l.plugin(g, b)
		diags = append(diags, found...)
		l.config.Plugins = append(l.config.Plugins, p)
	}
	return diags
}

func (l *loader) plugin(g grammar, b block) (*Plugin, hcl.Diagnostics) {
	ctx := l.scope.of(b.source)
	content, diags := g.content(b.Body)
	m, found := g.members(content, ctx, l.sources)
	diags = append(diags, found...)
	p := &Plugin{Name: b.label(), at: declaration{l.sources, b, content, ctx}}
	for i, c := range content.Blocks {
		if i > 0 {
			diags = append(diags, wrong(c.DefRange, "Duplicate config block", "There is one already, at %s.", place(p.config.DefRange)))
			break
		}
		p.config = c
	}
	if diags.HasErrors() {
		return p, diags
	}
	p.fill(m, b.source.dir)
	diags = append(diags, l.checkPlugin(p, m)...)
	p.fingerprint = p.meaning()
	return p, diags
}

func (p *Plugin) fill(m members, dir string) {
	p.Path, p.Dir = m.text("path"), m.text("dir")
	if p.Path != "" {
		p.Path = relativeTo(dir, p.Path)
	}
	if p.Dir != "" {
		p.Dir = relativeTo(dir, p.Dir)
	}
	p.SHA256 = strings.ToLower(m.text("sha256"))
	p.Args = m.list("args")
	p.Env = m.table("env")
	p.MaxConcurrent = m.number("max_concurrent")
	p.StartTimeout = m.duration("start_timeout")
	p.StopGrace = m.duration("stop_grace")
	p.at.sources.secrets.addMarked(m["env"])
}

func (l *loader) checkPlugin(p *Plugin, m members) hcl.Diagnostics {
	b, content := p.at.block, p.at.content
	var diags hcl.Diagnostics
	fail := func(attribute, summary, format string, args ...any) {
		diags = append(diags, wrong(written(content, attribute, b.DefRange), summary, format, args...))
	}
	if !pluginName.MatchString(p.Name) {
		diags = append(diags, wrong(b.labelRange(), "Invalid name",
			"The name of a plugin has lower-case letters, digits and dashes, a letter first, and at most 64 of them."))
	}
	if p.Path == "" && l.opts.Bundled != nil && !slices.Contains(l.opts.Bundled, p.Name) {
		diags = append(diags, wrong(b.labelRange(), "Unknown plugin",
			"No plugin %q is bundled.%s For a plugin of your own set path to its program.", p.Name, didYouMean(p.Name, l.opts.Bundled)))
	}
	if p.SHA256 != "" && !sha256Sum.MatchString(p.SHA256) {
		fail("sha256", "Invalid checksum", "A SHA-256 checksum has 64 hexadecimal digits.")
	}
	if p.Path == "" && (p.SHA256 != "" || len(p.Args) > 0) {
		fail("args", "Bundled plugin", "sha256 and args are for a plugin with a path; %q is bundled.", p.Name)
	}
	if p.MaxConcurrent < 1 {
		fail("max_concurrent", "Number too small", "max_concurrent must be at least 1.")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(p.Env[name], 0) {
			fail("env", "Invalid environment", "The variable %q cannot be put into an environment.", name)
		}
	}
	pool, found := l.pool(m, content, b.DefRange)
	p.Pool, diags = pool, append(diags, found...)
	diags = append(diags, m.atLeast(content, "start_timeout", time.Millisecond, b.DefRange)...)
	return append(diags, m.atLeast(content, "stop_grace", time.Millisecond, b.DefRange)...)
}

// relativeTo resolves a path that is written in a file of dir.
func relativeTo(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.FromSlash(dir), path)
}
