package sdk

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

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
	Resumes   bool        `json:"resumes,omitempty"` // it can look for an attempt that was lost
	Query     bool        `json:"query,omitempty"`   // it is a question, which no schedule may name
}

func printJSON(w io.Writer, p Plugin) error {
	d := description{Name: p.Name, Version: versionOf(p), SDK: sdkName, Doc: p.Doc, Config: p.Configure.body}
	for _, a := range p.Actions {
		d.Actions = append(d.Actions, actionDescription{a.typ, a.doc, a.args, a.result, a.resumes, a.query})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// printHelp tells somebody who started the plugin at path by hand what it is.
func printHelp(w io.Writer, p Plugin, path string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s is a plugin of butlerd. A butlerd host starts it; by hand it only tells about itself.\n", p.Name, versionOf(p))
	paragraph(&b, p.Doc)
	if p.Configure.call != nil {
		b.WriteString("\nConfiguration:\n")
		table(&b, p.Configure.body)
	}
	for _, a := range p.Actions {
		kind := "Action"
		if a.query {
			kind = "Query"
		}
		fmt.Fprintf(&b, "\n%s %q\n", kind, a.typ)
		paragraph(&b, a.doc)
		if a.resumes {
			b.WriteString("After a crash it can find out what became of an attempt.\n")
		}
		b.WriteString("Arguments:\n")
		table(&b, a.args)
	}
	b.WriteString("\nTo use it, declare it in config.hcl:\n\n")
	snippet(&b, p, path)
	fmt.Fprintf(&b, "\n%s describe --json prints the same as data.\n", p.Name)
	_, err := io.WriteString(w, b.String())
	return err
}

func paragraph(b *strings.Builder, text string) {
	if text != "" {
		fmt.Fprintln(b, strings.TrimSpace(text))
	}
}
