package config

import (
	"encoding/json"
	"net"
	"slices"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// The bounds of the api block, and what holds without one.
const (
	maxRequests        = 1_000_000 // a minute
	usualRequests      = 1200      // a minute, where other machines can ask
	maxStoreKeys       = 1_000_000
	maxStoreNamespaces = 1_000_000
	minStoreBytes      = 1 << 20
	maxStoreBytes      = 1 << 30
)

func apiGrammar() grammar {
	return grammar{
		shape: ownShape(schema.Body{Attributes: []schema.Attribute{
			{Name: "requests_per_minute", Type: schema.Integer},
		}}),
		blocks: []hcl.BlockHeaderSchema{{Type: "start_task_filter"}, {Type: "key_value_store"}, {Type: "files"}},
		raw:    []string{"disable"},
	}
}

func keyValueGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "max_keys", Type: schema.Integer, Default: json.RawMessage(`1000`)},
		{Name: "max_namespaces", Type: schema.Integer, Default: json.RawMessage(`1000`)},
		{Name: "max_bytes", Type: schema.Integer, Default: json.RawMessage(`67108864`)},
	}})}
}

// apiBlock is the api block while it is evaluated.
type apiBlock struct {
	*loader
	dir     string // of the file
	ctx     *hcl.EvalContext
	content *hcl.BodyContent
	at      hcl.Range
}

// api evaluates the api block; without one its defaults hold.
func (l *loader) api() hcl.Diagnostics {
	g := apiGrammar()
	k := apiBlock{loader: l, ctx: l.scope.root}
	body := hcl.EmptyBody()
	if b, ok := l.blocks.first("api"); ok {
		body, k.ctx, k.at, k.dir = b.Body, l.scope.of(b.source), b.DefRange, b.source.dir
	}
	content, diags := g.content(body)
	k.content = content
	m, found := g.members(content, k.ctx, l.sources)
	diags = append(diags, found...)
	for _, b := range g.blocks {
		diags = append(diags, k.once(b.Type)...)
	}
	if !diags.HasErrors() {
		diags = append(diags, k.limit(m)...)
	}
	diags = append(diags, k.disable()...)
	diags = append(diags, k.startTasks()...)
	diags = append(diags, k.keyValues()...)
	diags = append(diags, k.files()...)
	if k.dir != "" {
		_, limited := m.get("requests_per_minute")
		l.config.apiMeaning = l.config.API.meaning(limited)
	}
	return diags
}

// limit evaluates how much a client may ask. On a loopback address there is no limit
// unless the file sets one: whoever is there owns the machine.
func (k apiBlock) limit(m members) hcl.Diagnostics {
	host, _, _ := net.SplitHostPort(k.config.Host.Listen) // checked
	if _, set := m.get("requests_per_minute"); set {
		k.config.API.RequestsPerMinute = m.number("requests_per_minute")
	} else if !loopback(host) {
		k.config.API.RequestsPerMinute = usualRequests
	}
	return m.within(k.content, "requests_per_minute", 0, maxRequests, k.at)
}

// disable evaluates which operations are switched off.
func (k apiBlock) disable() hcl.Diagnostics {
	known := Operations()
	k.config.API.Disabled = make(map[string]bool)
	return k.each(k.content, "disable", func(name string) (string, string) {
		if slices.Contains(known, name) {
			return name, ""
		}
		hint := didYouMean(name, known)
		if hint == "" {
			hint = " There are: " + listed(known) + "."
		}
		return "", "is no operation." + hint
	}, k.config.API.Disabled)
}

// keyValues evaluates the bounds of the key-value store.
func (k apiBlock) keyValues() hcl.Diagnostics {
	g := keyValueGrammar()
	body, at := hcl.EmptyBody(), k.at
	if b := k.inner("key_value_store"); b != nil {
		body, at = b.Body, b.DefRange
	}
	content, diags := g.content(body)
	m, found := g.members(content, k.ctx, k.sources)
	if diags = append(diags, found...); diags.HasErrors() {
		return diags
	}
	k.config.API.KeyValues = KeyValueStore{
		MaxKeys: m.number("max_keys"), MaxNamespaces: m.number("max_namespaces"), MaxBytes: m.number("max_bytes"),
	}
	diags = append(diags, m.within(content, "max_keys", 1, maxStoreKeys, at)...)
	diags = append(diags, m.within(content, "max_namespaces", 1, maxStoreNamespaces, at)...)
	return append(diags, m.within(content, "max_bytes", minStoreBytes, maxStoreBytes, at)...)
}

// inner is the first block of a type; nil without one.
func (k apiBlock) inner(typ string) *hcl.Block {
	if found := k.content.Blocks.OfType(typ); len(found) > 0 {
		return found[0]
	}
	return nil
}

// once checks that a block is there once at most.
func (k apiBlock) once(typ string) hcl.Diagnostics {
	list := k.content.Blocks.OfType(typ)
	if len(list) < 2 {
		return nil
	}
	return hcl.Diagnostics{wrong(list[1].DefRange, "Duplicate "+typ+" block", "There is one already, at %s.", place(list[0].DefRange))}
}
