package config

import (
	"regexp"
	"strings"

	"butlerd/host/taskfilter"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// maxProperties is how many custom_property blocks a start_task_filter has.
const maxProperties = 1000

// guid is the form of ids in Qlik Sense, in any case and of any version.
var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func startTasksGrammar() grammar {
	return grammar{
		shape:  ownShape(schema.Body{}),
		blocks: []hcl.BlockHeaderSchema{{Type: "custom_property"}},
		raw:    []string{"task_ids", "tags"},
	}
}

func propertyGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "name", Type: schema.String, Required: true},
		{Name: "value", Type: schema.String, Required: true},
	}})}
}

// startTasks evaluates which tasks may be started. The block alone closes the door:
// one that lists nothing lets nothing be started.
func (k apiBlock) startTasks() hcl.Diagnostics {
	b := k.inner("start_task_filter")
	if b == nil {
		return nil
	}
	g := startTasksGrammar()
	content, diags := g.content(b.Body)
	f := &k.config.API.StartTasks
	*f = taskfilter.Filter{On: true, TaskIDs: map[string]bool{}, Tags: map[string]bool{}, Properties: map[taskfilter.Property]bool{}}
	diags = append(diags, k.each(content, "task_ids", func(id string) (string, string) {
		if !guid.MatchString(id) {
			return "", "is no GUID, such as \"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b\""
		}
		return strings.ToLower(id), ""
	}, f.TaskIDs)...)
	diags = append(diags, k.each(content, "tags", func(tag string) (string, string) { return tag, badName(tag) }, f.Tags)...)
	return append(diags, k.properties(content, f)...)
}

// each evaluates a list of texts into a set. tidy gives the text as it is kept, or
// says what is wrong with it.
func (k apiBlock) each(content *hcl.BodyContent, name string, tidy func(string) (kept, reason string), set map[string]bool) hcl.Diagnostics {
	list, diags := texts(content, name, k.ctx)
	for i, given := range list {
		at := textAt(content, name, i, k.ctx, hcl.Range{})
		kept, reason := tidy(given)
		switch {
		case reason != "":
			diags = append(diags, wrong(at, "Invalid element", "%q in %q %s", given, name, ended(reason)))
		case set[kept]:
			diags = append(diags, wrong(at, "Duplicate element", "%q is in %q already.", given, name))
		default:
			set[kept] = true
		}
	}
	return diags
}

// ended is a reason as the end of a sentence, which a hint may have ended already.
func ended(reason string) string {
	if strings.HasSuffix(reason, "?") || strings.HasSuffix(reason, ".") {
		return reason
	}
	return reason + "."
}

func (k apiBlock) properties(content *hcl.BodyContent, f *taskfilter.Filter) hcl.Diagnostics {
	if len(content.Blocks) > maxProperties {
		return hcl.Diagnostics{wrong(content.Blocks[maxProperties].DefRange, "Too many blocks", "There are more than %d custom_property blocks.", maxProperties)}
	}
	g := propertyGrammar()
	var diags hcl.Diagnostics
	for _, b := range content.Blocks {
		inner, found := g.content(b.Body)
		m, more := g.members(inner, k.ctx, k.sources)
		if found = append(found, more...); found.HasErrors() {
			diags = append(diags, found...)
			continue
		}
		diags = append(diags, found...)
		p := taskfilter.Property{Name: m.text("name"), Value: m.text("value")}
		for name, value := range map[string]string{"name": p.Name, "value": p.Value} {
			if reason := badName(value); reason != "" {
				diags = append(diags, wrong(written(inner, name, b.DefRange), "Invalid custom property", "The %s of a custom property %s.", name, reason))
			}
		}
		if f.Properties[p] {
			diags = append(diags, wrong(b.DefRange, "Duplicate custom property", "The value %q of %q is allowed already.", p.Value, p.Name))
		}
		f.Properties[p] = true
	}
	return diags
}
