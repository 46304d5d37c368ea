package sdk

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"butlerd/sdk/schema"
)

// table lists arguments, those of blocks under their block.
func table(b *strings.Builder, body schema.Body) {
	if len(body.Attributes)+len(body.Blocks) == 0 {
		b.WriteString("  none\n")
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	rows(w, body, "  ")
	_ = w.Flush() // a strings.Builder takes everything
}

func rows(w io.Writer, body schema.Body, indent string) {
	for _, a := range body.Attributes {
		row(w, indent+a.Name, string(a.Type), remarks(a))
	}
	for _, k := range body.Blocks {
		row(w, indent+k.Name+" {}", times(k), k.Doc)
		rows(w, k.Body, indent+"  ")
	}
}

// row leaves no space behind at the end of a line.
func row(w io.Writer, cells ...string) {
	fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

// remarks is the last column: whether it is needed, then what it is.
func remarks(a schema.Attribute) string {
	var parts []string
	switch {
	case a.Required:
		parts = append(parts, "required")
	case a.Default != nil:
		parts = append(parts, "default "+string(a.Default))
	}
	if len(a.Enum) > 0 {
		parts = append(parts, "one of "+strings.Join(a.Enum, ", "))
	}
	if a.Sensitive {
		parts = append(parts, "secret")
	}
	if a.Deprecated != "" {
		parts = append(parts, "deprecated: "+a.Deprecated)
	}
	if a.Doc != "" {
		parts = append(parts, a.Doc)
	}
	return strings.Join(parts, "; ")
}

func times(k schema.Block) string {
	switch {
	case k.Nesting == schema.List:
		return "blocks"
	case k.Min > 0:
		return "block, required"
	}
	return "block"
}
