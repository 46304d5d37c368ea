package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// parse parses all files.
func (ss *sources) parse() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, s := range ss.list {
		found := s.parse()
		diags = append(diags, found...)
	}
	return diags
}

func (s *source) parse() hcl.Diagnostics {
	start := hcl.InitialPos
	if strings.HasSuffix(s.name, ".json") {
		s.file = &hcl.File{Bytes: s.bytes}
		if d := checkJSON(s.bytes, s.name); d != nil {
			return hcl.Diagnostics{d}
		}
		file, diags := json.Parse(s.bytes, s.name)
		s.file = file
		return diags
	}
	s.file = &hcl.File{Bytes: s.bytes}
	tokens, _ := hclsyntax.LexConfig(s.bytes, s.name, start) // the parser reports the same again
	if d := checkNative(tokens); d != nil {
		return hcl.Diagnostics{d}
	}
	file, diags := hclsyntax.ParseConfig(s.bytes, s.name, start)
	s.file = file
	return diags
}
