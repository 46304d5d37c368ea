package sdk

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"butlerd/sdk/schema"
)

// description is what describe --json prints.
type description struct {
	Name    string              `json:"name"`
	Version string              `json:"version"`
	SDK     string              `json:"sdk"`
	Doc     string              `json:"doc,omitempty"`
	Config  schema.Body         `json:"config"`
	Actions []actionDescription `json:"actions"`
}

type actionDescription struct {
	Type      string      `json:"type"`
	Doc       string      `json:"doc,omitempty"`
	Arguments schema.Body `json:"arguments"`
	Result    schema.Body `json:"result"`
}

func printJSON(w io.Writer, p Plugin) error {
	d := description{Name: p.Name, Version: versionOf(p), SDK: sdkName, Doc: p.Doc, Config: p.Configure.body}
	for _, a := range p.Actions {
		d.Actions = append(d.Actions, actionDescription{a.typ, a.doc, a.args, a.result})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// printHelp tells somebody who started the plugin by hand what it is.
func printHelp(w io.Writer, p Plugin) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s is a plugin of butlerd. A butlerd host starts it; by hand it only tells about itself.\n", p.Name, versionOf(p))
	paragraph(&b, p.Doc)
	if p.Configure.call != nil {
		b.WriteString("\nConfiguration:\n")
		table(&b, p.Configure.body)
	}
	for _, a := range p.Actions {
		fmt.Fprintf(&b, "\nAction %q\n", a.typ)
		paragraph(&b, a.doc)
		b.WriteString("Arguments:\n")
		table(&b, a.args)
	}
	b.WriteString("\nTo use it, declare it in config.hcl:\n\n")
	snippet(&b, p)
	fmt.Fprintf(&b, "\n%s describe --json prints the same as data.\n", p.Name)
	_, err := io.WriteString(w, b.String())
	return err
}

func paragraph(b *strings.Builder, text string) {
	if text != "" {
		fmt.Fprintln(b, strings.TrimSpace(text))
	}
}

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
		fmt.Fprintf(w, "%s%s\t%s\t%s\n", indent, a.Name, a.Type, remarks(a))
	}
	for _, k := range body.Blocks {
		fmt.Fprintf(w, "%s%s {}\t%s\t%s\n", indent, k.Name, times(k), k.Doc)
		rows(w, k.Body, indent+"  ")
	}
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

// snippet is a start for config.hcl, in the long form: a block on one line can
// hold only one argument.
func snippet(b *strings.Builder, p Plugin) {
	path, err := os.Executable()
	if err != nil {
		path = "/path/to/" + p.Name
	}
	fmt.Fprintf(b, "plugin %q {\n  path = %q\n", p.Name, path)
	if p.Configure.call != nil {
		fmt.Fprintf(b, "\n  config {\n%s  }\n", required(p.Configure.body, "    "))
	}
	a := p.Actions[0]
	fmt.Fprintf(b, "}\n\nschedule %q {\n  cron = \"0 * * * *\"\n\n", "my-"+a.typ)
	fmt.Fprintf(b, "  action %q {\n%s  }\n}\n", a.typ, required(a.args, "    "))
}

// required writes what must be given, to be filled in.
func required(body schema.Body, indent string) string {
	var b strings.Builder
	for _, a := range body.Attributes {
		if a.Required {
			fmt.Fprintf(&b, "%s%s = %s\n", indent, a.Name, placeholder(a))
		}
	}
	for _, k := range body.Blocks {
		if k.Min > 0 {
			fmt.Fprintf(&b, "%s%s {\n%s%s}\n", indent, k.Name, required(k.Body, indent+"  "), indent)
		}
	}
	return b.String()
}

func placeholder(a schema.Attribute) string {
	if len(a.Enum) > 0 {
		return fmt.Sprintf("%q", a.Enum[0])
	}
	kind, _, _ := a.Type.Elem()
	switch {
	case kind == "list":
		return "[]"
	case kind == "map":
		return "{}"
	case a.Type == schema.Bool:
		return "false"
	case a.Type == schema.Integer, a.Type == schema.Number:
		return "0"
	case a.Type == schema.Duration:
		return `"1m"`
	}
	return `"…"`
}
