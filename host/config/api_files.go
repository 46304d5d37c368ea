package config

import (
	"path/filepath"
	"slices"
	"strings"

	"butlerd/host/files"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// maxPairs is how many copy blocks there may be, and how many move blocks.
const maxPairs = 1000

func filesGrammar() grammar {
	return grammar{
		shape:  ownShape(schema.Body{Attributes: []schema.Attribute{{Name: "qvd", Type: schema.String}}}),
		blocks: []hcl.BlockHeaderSchema{{Type: "copy"}, {Type: "move"}},
		raw:    []string{"delete", "create"},
	}
}

func pairGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "from", Type: schema.String, Required: true},
		{Name: "to", Type: schema.String, Required: true},
	}})}
}

// files evaluates the directories in which callers may do something. A relative one
// is relative to the file that says so, as all paths of callers' and operators' files
// are. Whether they are there is not asked: a share may be away for a while.
func (k apiBlock) files() hcl.Diagnostics {
	b := k.inner("files")
	if b == nil {
		return nil
	}
	g := filesGrammar()
	content, diags := g.content(b.Body)
	m, found := g.members(content, k.ctx, k.sources)
	diags = append(diags, found...)
	a := &k.config.API.Files
	for name, to := range map[string]*[]string{"delete": &a.Delete, "create": &a.Create} {
		set := make(map[string]bool)
		diags = append(diags, k.each(content, name, k.directory, set)...)
		for dir := range set {
			*to = append(*to, dir)
		}
		slices.Sort(*to)
	}
	a.Copy, found = k.pairs(content.Blocks.OfType("copy"))
	diags = append(diags, found...)
	a.Move, found = k.pairs(content.Blocks.OfType("move"))
	diags = append(diags, found...)
	if _, set := m.get("qvd"); !set {
		return diags
	}
	dir, reason := k.directory(m.text("qvd"))
	if reason != "" {
		return append(diags, wrong(written(content, "qvd", b.DefRange), "Invalid directory", "%q %s.", m.text("qvd"), reason))
	}
	a.QVD = dir
	return diags
}

// directory makes a path absolute, or says what is wrong with it. A root is refused:
// who may delete in all of a disk may delete all that the host needs.
func (k apiBlock) directory(path string) (dir, reason string) {
	if strings.TrimSpace(path) == "" || strings.ContainsRune(path, 0) {
		return "", "is not the path of a directory"
	}
	dir = relativeTo(k.dir, path)
	if dir == filepath.VolumeName(dir)+string(filepath.Separator) {
		return "", "is the root of a file system, which lets callers into all of it; name a directory"
	}
	return dir, ""
}

func (k apiBlock) pairs(blocks hcl.Blocks) ([]files.Pair, hcl.Diagnostics) {
	if len(blocks) > maxPairs {
		return nil, hcl.Diagnostics{wrong(blocks[maxPairs].DefRange, "Too many blocks", "There are more than %d %s blocks.", maxPairs, blocks[0].Type)}
	}
	g := pairGrammar()
	var list []files.Pair
	var diags hcl.Diagnostics
	seen := make(map[files.Pair]bool)
	for _, b := range blocks {
		content, found := g.content(b.Body)
		m, more := g.members(content, k.ctx, k.sources)
		if found = append(found, more...); found.HasErrors() {
			diags = append(diags, found...)
			continue
		}
		diags = append(diags, found...)
		end := func(name string) string {
			dir, reason := k.directory(m.text(name))
			if reason != "" {
				diags = append(diags, wrong(written(content, name, b.DefRange), "Invalid directory", "%q %s.", m.text(name), reason))
			}
			return dir
		}
		p := files.Pair{From: end("from"), To: end("to")}
		if seen[p] && p.From != "" && p.To != "" {
			diags = append(diags, wrong(b.DefRange, "Duplicate pair", "From %q to %q is approved already.", p.From, p.To))
		}
		seen[p] = true
		list = append(list, p)
	}
	return list, diags
}
