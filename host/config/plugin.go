package config

import (
	"time"

	"butlerd/sdk/schema"
)

// Plugin is a plugin block.
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
}

// Decode types the config block by the schema that the plugin publishes, and
// makes the document to configure it with: every member of the schema, null
// where nothing is said. Without a config block it decodes an empty one. The
// document may hold secrets.
func (p *Plugin) Decode(s schema.Body) ([]byte, Diagnostics) { return nil, nil }

// Place finds where the plugin's own findings about its config block were
// written.
func (p *Plugin) Place(found []schema.Diagnostic) Diagnostics { return nil }

// At is an error about an attribute of the block, or about the whole block
// when the attribute is empty or absent.
func (p *Plugin) At(attribute, summary, detail string) Diagnostics { return nil }

// Origin is where the block starts: config.hcl:12.
func (p *Plugin) Origin() string { return "" }

// Fingerprint names the meaning of the block, secrets included, so it must not
// be shown. Two that are equal need the same process, configured in the same
// way. It needs no schema: a default written out counts as a change.
func (p *Plugin) Fingerprint() string { return "" }
