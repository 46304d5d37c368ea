package config

import (
	"strings"
	"testing"
)

func TestTooComplex(t *testing.T) {
	t.Parallel()
	const many = 20_000
	for name, text := range map[string]string{
		"parentheses":            "locals {\na = " + strings.Repeat("(", many),
		"brackets":               "locals {\na = " + strings.Repeat("[", many),
		"objects":                "locals {\na = " + strings.Repeat("{a=", many),
		"blocks":                 strings.Repeat("a {\n", many),
		"templates":              "locals {\na = " + strings.Repeat(`"${`, many),
		"directives":             "locals {\na = \"" + strings.Repeat(`%{if true}`, many) + "\"\n}\n",
		"negations":              "locals {\na = " + strings.Repeat("!", many) + "true\n}\n",
		"signs":                  "locals {\na = " + strings.Repeat("-", many) + "1\n}\n",
		"sums":                   "locals {\na = 1" + strings.Repeat("+1", many) + "\n}\n",
		"sums over many lines":   "locals {\na = (1" + strings.Repeat("\n+1", many) + ")\n}\n",
		"conditions":             "locals {\na = " + strings.Repeat("true?1:", many) + "1\n}\n",
		"indexes":                "locals {\na = local.a" + strings.Repeat("[local.b]", many) + "\n}\n",
		"splats":                 "locals {\na = local.a" + strings.Repeat("[*]", many) + "\n}\n",
		"attribute splats":       "locals {\na = local.a" + strings.Repeat(".*", many) + "\n}\n",
		"a long number":          "locals {\na = " + strings.Repeat("1", 50) + "\n}\n",
		"a number of many zeros": "locals {\na = 1e99999\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, "a.hcl", text)
		})
	}
	for name, text := range map[string]string{
		"lists":               strings.Repeat("[", many),
		"objects":             strings.Repeat(`{"a":`, many),
		"a template":          `{"locals": {"a": "${` + strings.Repeat("(", many) + `"}}`,
		"a directive":         `{"locals": {"a": "` + strings.Repeat("%{if true}", many) + `"}}`,
		"an escaped template": `{"locals": {"a": "\u0024{` + strings.Repeat("(", many) + `"}}`,
		"a key":               `{"locals": {"${` + strings.Repeat("!", many) + `true}": 1}}`,
		"a long number":       `{"locals": {"a": ` + strings.Repeat("1", 50) + `}}`,
		"an exponent":         `{"locals": {"a": 1e+99999}}`,
	} {
		t.Run(name+" in JSON", func(t *testing.T) {
			t.Parallel()
			refused(t, "a.hcl.json", text)
		})
	}
}

func refused(t *testing.T, name, text string) {
	t.Helper()
	_, diags := Load(Options{Paths: []string{write(t, map[string]string{name: text})}})
	if len(diags) != 1 || diags[0].Summary != "Expression too complex" {
		t.Errorf("%.300v", diags)
	}
}

func TestComplexEnough(t *testing.T) {
	t.Parallel()
	var items strings.Builder
	for range 3_000 {
		items.WriteString("    -1 + 2,\n    \"${upper(\"x\")}\",\n")
	}
	load(t, "locals {\n  a = [\n"+items.String()+"  ]\n  b = "+strings.Repeat("(", 90)+"1"+strings.Repeat(")", 90)+
		"\n  c = 1"+strings.Repeat(" + 1", 900)+"\n  d = 1.5e-300\n}\n", testOptions{})
	dir := write(t, map[string]string{"a.hcl.json": `{"locals": {"a": "` + strings.Repeat("(", 200_000) + `", "b": "\"[[[[", "c": -1.5e-300}}`})
	if _, diags := Load(Options{Paths: []string{dir}}); diags.HasErrors() {
		t.Error(diags.Err())
	}
}
