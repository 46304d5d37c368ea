package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"butlerd/sdk/schema"
)

func TestOwnGrammars(t *testing.T) {
	t.Parallel()
	all := storeGrammars()
	all["host"], all["plugin"], all["schedule"], all["placement"] = hostGrammar(), pluginGrammar(), scheduleGrammar(), placementGrammar()
	all["api"], all["key_value_store"], all["start_task_filter"], all["custom_property"] = apiGrammar(), keyValueGrammar(), startTasksGrammar(), propertyGrammar()
	all["files"], all["copy"] = filesGrammar(), pairGrammar()
	for name, g := range all {
		if err := g.schema.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemasThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]schema.Body{
		"an unknown type":            {Attributes: []schema.Attribute{{Name: "a", Type: "text"}}},
		"a default of another type":  {Attributes: []schema.Attribute{{Name: "a", Type: schema.Integer, Default: json.RawMessage(`"x"`)}}},
		"such a default in a block":  {Blocks: []schema.Block{{Name: "b", Nesting: schema.List, Body: schema.Body{Attributes: []schema.Attribute{{Name: "a", Type: schema.Bool, Default: json.RawMessage(`[]`)}}}}}},
		"a name that HCL cannot say": {Attributes: []schema.Attribute{{Name: "a b", Type: schema.String}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := load(t, "plugin \"greeter\" {\n}\n"+greeting(""), testOptions{})
			if _, diags := c.Plugins[0].Decode(s); !diags.HasErrors() || diags[0].Start.Line != 1 {
				t.Errorf("plugin: %v", diags)
			}
			list, diags := c.Schedules(map[string]Action{"greet": {Plugin: "greeter", Arguments: s}})
			if !diags.HasErrors() || len(list) != 0 {
				t.Errorf("schedules: %v", diags)
			}
		})
	}
}

func TestRequiredBlocks(t *testing.T) {
	t.Parallel()
	s := schema.Body{Blocks: []schema.Block{
		{Name: "one", Nesting: schema.Single, Min: 1},
		{Name: "many", Nesting: schema.List, Min: 2},
	}}
	c := load(t, greeting("many {\n}"), testOptions{})
	_, diags := c.Schedules(map[string]Action{"greet": {Arguments: s}})
	if text := fmt.Sprint(diags.Err()); !strings.Contains(text, "Missing one block") || !strings.Contains(text, "Insufficient many blocks") {
		t.Error(text)
	}
}

func TestDocumentIsBounded(t *testing.T) {
	t.Parallel()
	double := "locals {\n  a0 = \"0123456789abcdef\"\n"
	for i := range 17 {
		double += fmt.Sprintf("  a%d = \"${local.a%d}${local.a%d}\"\n", i+1, i, i)
	}
	c := load(t, double+"}\n"+greeting("text = local.a17"), testOptions{})
	list, diags := c.Schedules(testActions())
	if text := fmt.Sprint(diags.Err()); len(list) != 0 || !strings.Contains(text, "longer than 1 MiB") {
		t.Error(text)
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	s := schedules(t, greeting("text = \"x\"\ncount = 9007199254740993\nratio = 0.1"), testOptions{})[0]
	for _, want := range []string{`"count":9007199254740993,`, `"ratio":0.1,`} {
		if !strings.Contains(string(s.Known()), want) {
			t.Errorf("%s lacks %s", s.Known(), want)
		}
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	names := []string{"schedule", "plugin", "åäö"}
	for given, want := range map[string]string{
		"shedule": ` Did you mean "schedule"?`, "plguin": ` Did you mean "plugin"?`, "aäö": ` Did you mean "åäö"?`,
		"": "", "plan": "", "schedules-many": "", strings.Repeat("x", 1000): "",
	} {
		if got := didYouMean(given, names); got != want {
			t.Errorf("%.20q: %q, want %q", given, got, want)
		}
	}
}
