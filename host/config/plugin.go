package config

import (
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// Plugin is a plugin block. It does not change, and is safe for concurrent use.
type Plugin struct {
	Name          string
	Path          string            // of the program; empty: it is bundled
	SHA256        string            // of the program, in lower-case hex; empty: not pinned
	Args          []string          // of the program
	Env           map[string]string // added to the little that every plugin gets; may hold secrets
	Dir           string            // working directory; empty: the host's
	MaxConcurrent int               // attempts at once; default 1000
	StartTimeout  time.Duration     // default 10s
	StopGrace     time.Duration     // for attempts asked to end; default 10s
	Pool          string            // of the runs of schedules that name none; empty: they need no slots

	at          declaration
	config      *hcl.Block // nil: there is none
	fingerprint string
}

// Decode types the config block by the schema that the plugin publishes, and
// makes the document to configure it with: every member of the schema, null
// where nothing is said. Without a config block it decodes an empty one. The
// document may hold secrets.
func (p *Plugin) Decode(s schema.Body) ([]byte, Diagnostics) {
	var doc []byte
	var diags hcl.Diagnostics
	guard(&diags, func() {
		var found hcl.Diagnostics
		doc, found = p.decode(s)
		diags = append(diags, found...)
	})
	if diags.HasErrors() {
		doc = nil
	}
	return doc, p.at.sources.report(diags)
}

func (p *Plugin) decode(s schema.Body) ([]byte, hcl.Diagnostics) {
	sh, err := newShape(s)
	if err != nil {
		return nil, hcl.Diagnostics{wrong(p.at.block.DefRange, "Unusable plugin",
			"The schema that plugin %q publishes for its configuration is not valid: %s.", p.Name, err)}
	}
	body, at := hcl.EmptyBody(), p.at.block.DefRange
	if p.config != nil {
		body, at = p.config.Body, p.config.DefRange
	}
	v, diags := sh.decodeDynamic(body, p.at.ctx, p.at.sources)
	for _, d := range diags {
		if d.Subject == nil || d.Subject.Filename == "" {
			d.Subject = &at // an empty body has no place of its own
		}
	}
	if diags.HasErrors() {
		return nil, diags
	}
	p.at.sources.secrets.addMarked(v)
	doc, err := document(v)
	if err != nil {
		diags = append(diags, wrong(at, "Configuration cannot be sent", "%s.", sentence(err)))
	}
	return doc, diags
}

// Place finds where the plugin's own findings about its config block were
// written.
func (p *Plugin) Place(found []schema.Diagnostic) Diagnostics {
	b := p.config
	if b == nil {
		b = p.at.block.Block
	}
	return p.at.place(b, found)
}

// At is an error about an attribute of the block, or about the whole block
// when the attribute is empty or absent.
func (p *Plugin) At(attribute, summary, detail string) Diagnostics {
	return p.at.error(attribute, summary, detail)
}

// Redact masks the secrets of the configuration in a text, such as one that the
// plugin wrote.
func (p *Plugin) Redact(text string) string { return p.at.sources.secrets.redact(text) }

// Origin is where the block starts: config.hcl:12.
func (p *Plugin) Origin() string { return place(p.at.block.DefRange) }

// Fingerprint names the meaning of the block, secrets included, so it must not
// be shown. Two that are equal need the same process, configured in the same
// way. It needs no schema: a default written out counts as a change.
func (p *Plugin) Fingerprint() string { return p.fingerprint }
