package sdk

import (
	"fmt"
	"slices"
	"strings"

	"butlerd/sdk/schema"
)

// snippet is a start for config.hcl, in the long form: a block on one line can
// hold only one argument.
func snippet(b *strings.Builder, p Plugin, path string) {
	fmt.Fprintf(b, "plugin %q {\n  path = %q\n", p.Name, path)
	if p.Configure.call != nil {
		fmt.Fprintf(b, "\n  config {\n%s  }\n", required(p.Configure.body, "    "))
	}
	b.WriteString("}\n")
	first := slices.IndexFunc(p.Actions, func(a Action) bool { return !a.query })
	if first < 0 {
		return // there is nothing for a schedule to do
	}
	a := p.Actions[first]
	fmt.Fprintf(b, "\nschedule %q {\n  cron     = \"0 * * * *\"\n  timezone = \"UTC\"\n\n", "my-"+a.typ)
	fmt.Fprintf(b, "  action %q {\n%s  }\n}\n", a.typ, required(a.args, "    "))
}

// required writes what must be given, to be filled in, aligned as a formatter
// would.
func required(body schema.Body, indent string) string {
	var b strings.Builder
	width := 0
	for _, a := range body.Attributes {
		if a.Required {
			width = max(width, len(a.Name))
		}
	}
	for _, a := range body.Attributes {
		if a.Required {
			fmt.Fprintf(&b, "%s%-*s = %s\n", indent, width, a.Name, placeholder(a))
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
