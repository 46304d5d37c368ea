package config

import (
	"time"

	"butlerd/host/run"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// call is an action block whose arguments are not typed yet.
type call struct {
	at    *declaration
	block *hcl.Block
	// follow says that the arguments may refer to parent.
	follow bool
}

// typ is the type of the action.
func (c call) typ() string { return c.block.Labels[0] }

// binding makes the arguments of one action block.
type binding struct {
	call
	shape  *shape
	plugin string
	known  []byte
	shown  []byte // known with its secrets masked
	sealed bool   // known is all there is to know
	digest []byte // of the meaning, with secrets
}

// newBinding types the arguments of a call in a scope whose facts have no values
// yet.
func newBinding(c call, plugin string, sh *shape, ctx *hcl.EvalContext) (*binding, hcl.Diagnostics) {
	v, diags := sh.decodeDynamic(c.block.Body, ctx, c.at.sources)
	if diags.HasErrors() {
		return nil, diags
	}
	c.at.sources.secrets.addMarked(v)
	b := &binding{call: c, shape: sh, plugin: plugin, sealed: v.IsWhollyKnown()}
	var err error
	if b.known, err = document(v); err == nil {
		b.shown = b.known
		if holdsSecret(v) {
			b.shown, err = masked(v)
		}
	}
	if err != nil {
		return nil, append(diags, wrong(c.block.DefRange, "Arguments cannot be sent", "%s.", sentence(err)))
	}
	m := newMeaning(c.at.sources)
	m.text(plugin, string(b.known))
	if !b.sealed {
		m.body(c.block.Body, ctx)
	}
	b.digest = m.Sum(nil)
	return b, diags
}

// bind makes the arguments of one attempt, or gives an error that quotes no secret.
func (b *binding) bind(f run.Facts, timezone string) ([]byte, error) {
	if b.sealed {
		return b.known, nil
	}
	var doc []byte
	var diags hcl.Diagnostics
	guard(&diags, func() {
		var found hcl.Diagnostics
		doc, found = b.evaluate(f, timezone)
		diags = append(diags, found...)
	})
	if err := b.at.sources.report(diags).Err(); err != nil {
		return nil, err
	}
	return doc, nil
}

func (b *binding) evaluate(f run.Facts, timezone string) ([]byte, hcl.Diagnostics) {
	zone, err := time.LoadLocation(timezone)
	if err != nil {
		zone = time.UTC // cannot be: the zone was loaded before
	}
	ctx := attemptScope(b.at.ctx, f, zone)
	if b.follow {
		ctx = parentOfAttempt(ctx, f.Parent, zone)
	}
	v, diags := b.shape.decodeDynamic(b.block.Body, ctx, b.at.sources)
	if diags.HasErrors() {
		return nil, diags
	}
	doc, err := document(v)
	if err != nil {
		diags = append(diags, wrong(b.block.DefRange, "Arguments cannot be sent", "%s.", sentence(err)))
	}
	return doc, diags
}

// place finds where the plugin's findings about the arguments were written.
func (b *binding) place(found []schema.Diagnostic) Diagnostics { return b.at.place(b.block, found) }
