package config

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// storeGrammars are what a store block may hold, by its kind.
func storeGrammars() map[string]grammar {
	return map[string]grammar{
		"sqlite": {shape: ownShape(schema.Body{Attributes: []schema.Attribute{
			{Name: "path", Type: schema.String},
		}})},
		"postgres": {
			shape: ownShape(schema.Body{Attributes: []schema.Attribute{
				{Name: "url", Type: schema.String, Required: true, Sensitive: true},
				{Name: "lease", Type: schema.Duration, Default: json.RawMessage(`"10s"`)},
				{Name: "max_connections", Type: schema.Integer, Default: json.RawMessage(`10`)},
				{Name: "connect_timeout", Type: schema.Duration, Default: json.RawMessage(`"5s"`)},
				{Name: "statement_timeout", Type: schema.Duration, Default: json.RawMessage(`"10s"`)},
				{Name: "pooler", Type: schema.Bool, Default: json.RawMessage(`false`)},
				{Name: "root_cert", Type: schema.String},
				{Name: "client_cert", Type: schema.String},
				{Name: "client_key", Type: schema.String},
			}}),
			secret: []string{"url"},
		},
	}
}

// store evaluates the store block; without one it is SQLite in the data
// directory.
func (l *loader) store() hcl.Diagnostics {
	l.config.Store = Store{Kind: "sqlite", Path: filepath.Join(l.config.Host.DataDir, "butlerd.db")}
	b, ok := l.blocks.first("store")
	if !ok {
		return nil
	}
	kind, grammars := b.label(), storeGrammars()
	g, ok := grammars[kind]
	if !ok {
		kinds := slices.Sorted(maps.Keys(grammars))
		return hcl.Diagnostics{wrong(b.labelRange(), "Unknown store",
			"There is no store %q.%s The kinds are %s.", kind, didYouMean(kind, kinds), listed(kinds))}
	}
	content, diags := g.content(b.Body)
	l.explainKind(diags, kind, grammars)
	m, found := g.members(content, l.scope.of(b.source), l.sources)
	if diags = append(diags, found...); diags.HasErrors() {
		return diags
	}
	if kind == "sqlite" {
		if path := m.text("path"); path != "" {
			l.config.Store.Path = path
		}
		return diags
	}
	l.config.Store = Store{Kind: kind, Postgres: newPostgres(m, b.source.dir)}
	return append(diags, l.checkPostgres(m, content, b)...)
}

// explainKind says of arguments that are not expected when they belong to a store
// of another kind.
func (l *loader) explainKind(diags hcl.Diagnostics, kind string, grammars map[string]grammar) {
	for _, d := range diags {
		if d.Summary != "Unsupported argument" && d.Summary != "Extraneous JSON object property" || d.Subject == nil {
			continue
		}
		name := strings.Trim(string(l.sources.slice(*d.Subject)), `"`)
		for _, other := range slices.Sorted(maps.Keys(grammars)) {
			if _, has := attributeNames(grammars[other].schema, nil)[name]; has && other != kind {
				d.Detail = "A store \"" + kind + "\" has no \"" + name + "\"; a store \"" + other + "\" has one."
			}
		}
	}
}

func newPostgres(m members, dir string) Postgres {
	file := func(name string) string {
		path := m.text(name)
		if path == "" {
			return ""
		}
		return relativeTo(dir, path)
	}
	return Postgres{
		URL:              m.text("url"),
		Lease:            m.duration("lease"),
		MaxConnections:   m.number("max_connections"),
		ConnectTimeout:   m.duration("connect_timeout"),
		StatementTimeout: m.duration("statement_timeout"),
		Pooler:           m.flag("pooler"),
		RootCert:         file("root_cert"),
		ClientCert:       file("client_cert"),
		ClientKey:        file("client_key"),
	}
}

func (l *loader) checkPostgres(m members, content *hcl.BodyContent, b block) hcl.Diagnostics {
	p, at := l.config.Store.Postgres, b.DefRange
	var diags hcl.Diagnostics
	fail := func(attribute, summary, format string, args ...any) {
		diags = append(diags, wrong(written(content, attribute, at), summary, format, args...))
	}
	passwords, reason := readDSN(p.URL)
	for _, password := range passwords {
		l.sources.secrets.add(password)
	}
	if reason != "" {
		fail("url", "Invalid database URL", "The url %s.", reason)
	}
	if p.MaxConnections < 4 || p.MaxConnections > 100 {
		fail("max_connections", "Number out of range", "\"max_connections\" must be from 4 to 100.")
	}
	if (p.ClientCert == "") != (p.ClientKey == "") {
		fail("client_key", "Half a certificate", "\"client_cert\" and \"client_key\" belong together: set both or neither.")
	}
	// Below a second, a short pause of the host would cost it its runs; above five
	// minutes, nobody would take over those of a dead one.
	diags = append(diags, m.between(content, "lease", time.Second, 5*time.Minute, at)...)
	diags = append(diags, m.atLeast(content, "connect_timeout", 100*time.Millisecond, at)...)
	return append(diags, m.atLeast(content, "statement_timeout", 100*time.Millisecond, at)...)
}

// hideStore hides the literals of a store block that may hold a password, also
// under a mistyped name. It is done before anything is evaluated, because the
// line of the block itself may be quoted.
func (ss *sources) hideStore(b *hcl.Block) {
	names := make(map[string]bool)
	for _, g := range storeGrammars() {
		attributeNames(g.schema, names)
	}
	known := slices.Sorted(maps.Keys(names))
	attributes, _ := b.Body.JustAttributes()
	for name, a := range attributes {
		if near, found := nearest(name, known); (!found || names[near]) && literal(a.Expr) {
			ss.hide(a.Expr.Range())
		}
	}
}
