package config

import (
	"github.com/hashicorp/hcl/v2"
)

// block is a block at the top of a file.
type block struct {
	*hcl.Block
	source *source
}

// label is the only label of a block whose schema asks for one.
func (b block) label() string { return b.Labels[0] }

// labelRange is where the label is written.
func (b block) labelRange() hcl.Range { return b.LabelRanges[0] }

// maxDeclared is how many blocks of a kind there may be that schedules name.
const maxDeclared = 1000

// topSchema is what a file may hold.
func topSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "host"},
		{Type: "api"},
		{Type: "store", LabelNames: []string{"kind"}},
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "history"},
		{Type: "pool", LabelNames: []string{"name"}},
		{Type: "calendar", LabelNames: []string{"name"}},
		{Type: "notify", LabelNames: []string{"name"}},
		{Type: "plugin", LabelNames: []string{"name"}},
		{Type: "schedule", LabelNames: []string{"id"}},
	}}
}

// blocks are the blocks of all files by type.
type blocks map[string][]block

// collect sorts the blocks of all files. What may be there once only is checked
// here, because merging files does not notice that it is not.
func (ss *sources) collect() (blocks, hcl.Diagnostics) {
	all := make(blocks)
	var diags hcl.Diagnostics
	for _, s := range ss.list {
		content, found := s.file.Body.Content(topSchema())
		diags = append(diags, found...)
		for _, b := range content.Blocks {
			if b.Type == "store" {
				ss.hideStore(b)
			}
			all[b.Type] = append(all[b.Type], block{b, s})
		}
	}
	diags = append(diags, all.single("host")...)
	diags = append(diags, all.single("api")...)
	diags = append(diags, all.single("store")...)
	diags = append(diags, all.single("history")...)
	for _, typ := range []string{"variable", "pool", "calendar", "notify", "plugin"} {
		diags = append(diags, all.distinct(typ)...)
	}
	for _, typ := range []string{"pool", "calendar", "notify"} {
		if list := all[typ]; len(list) > maxDeclared {
			diags = append(diags, wrong(list[maxDeclared].DefRange, "Too many blocks", "There are more than %d %s blocks.", maxDeclared, typ))
		}
	}
	return all, diags
}

// first is the only block of its type, or nothing.
func (all blocks) first(typ string) (block, bool) {
	if len(all[typ]) == 0 {
		return block{}, false
	}
	return all[typ][0], true
}

func (all blocks) single(typ string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i, b := range all[typ] {
		if i > 0 {
			diags = append(diags, wrong(b.DefRange, "Duplicate "+typ+" block",
				"There is one %s block already, at %s.", typ, place(all[typ][0].DefRange)))
		}
	}
	return diags
}

func (all blocks) distinct(typ string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	what := typ
	if typ == "notify" {
		what = "notify rule"
	}
	seen := make(map[string]block)
	for _, b := range all[typ] {
		if before, taken := seen[b.label()]; taken {
			diags = append(diags, wrong(b.labelRange(), "Duplicate "+what,
				"The %s %q is declared already, at %s.", what, b.label(), place(before.DefRange)))
			continue
		}
		seen[b.label()] = b
	}
	return diags
}
