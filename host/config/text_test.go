package config

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
)

func TestWriteText(t *testing.T) {
	t.Parallel()
	placed := Diagnostic{
		Severity: schema.Error, Summary: "Wrong", Detail: "One two three four five.",
		File: "a.hcl", Start: Position{3, 2, 20}, End: Position{3, 4, 22}, Snippet: "\tab åcd",
	}
	for _, tt := range []struct {
		name   string
		change func(*Diagnostic)
		color  bool
		width  int
		want   string
	}{
		{"a snippet with a mark below", func(*Diagnostic) {}, false, 0,
			"Error: Wrong\n\n  on a.hcl line 3:\n   3: \tab åcd\n      \t^^\n\nOne two three four five.\n\n"},
		{"color", func(d *Diagnostic) { d.Detail = "" }, true, 0,
			"\x1b[31mError\x1b[0m: Wrong\n\n  on a.hcl line 3:\n   3: \tab åcd\n      \x1b[1m\t^^\x1b[0m\n\n"},
		{"details wrapped", func(d *Diagnostic) { d.File = "" }, false, 10,
			"Error: Wrong\n\nOne two\nthree four\nfive.\n\n"},
		{"a warning with context", func(d *Diagnostic) { d.Severity, d.Context, d.Snippet, d.Detail = schema.Warning, "host", "", "" }, false, 0,
			"Warning: Wrong\n\n  on a.hcl line 3, in host:\n\n"},
		{"no mark below a masked line", func(d *Diagnostic) { d.Snippet, d.Detail = "a = (secret)", "" }, false, 0,
			"Error: Wrong\n\n  on a.hcl line 3:\n   3: a = (secret)\n\n"},
		{"several lines", func(d *Diagnostic) { d.Snippet, d.End.Line, d.Detail = "a\nb", 4, "" }, false, 0,
			"Error: Wrong\n\n  on a.hcl line 3:\n   3: a\n   4: b\n\n"},
		{"a range past the end of the line", func(d *Diagnostic) { d.Snippet, d.Start.Column, d.End.Column, d.Detail = "ab", 9, 5000, "" }, false, 0,
			"Error: Wrong\n\n  on a.hcl line 3:\n   3: ab\n        ^\n\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := placed
			tt.change(&d)
			var out strings.Builder
			if err := (Diagnostics{d}).WriteText(&out, tt.color, tt.width); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteTextTellsOfItsWriter(t *testing.T) {
	t.Parallel()
	if err := (Diagnostics{{Summary: "x"}}).WriteText(brokenWriter{}, false, 0); err == nil {
		t.Error("no error")
	}
}

func TestDiagnosticsAsErrors(t *testing.T) {
	t.Parallel()
	warning := Diagnostic{Severity: schema.Warning, Summary: "Odd"}
	failure := Diagnostic{Severity: schema.Error, Summary: "Wrong", Detail: "Do this.", File: "a.hcl", Start: Position{Line: 3}}
	if ds := (Diagnostics{warning}); ds.HasErrors() || ds.Err() != nil {
		t.Error("a warning is an error")
	}
	ds := Diagnostics{warning, failure, Unplaced(schema.Diagnostic{Severity: schema.Error, Summary: "Nowhere", Path: schema.Path{"a", 1}})}
	if want := "a.hcl:3: Wrong; Do this.\nNowhere"; !ds.HasErrors() || ds.Err().Error() != want {
		t.Errorf("%v", ds.Err())
	}
	if ds[2].Path != "a[1]" || ds[2].Place() != "" {
		t.Errorf("%+v", ds[2])
	}
}

func TestDiagnosticJSON(t *testing.T) {
	t.Parallel()
	_, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": "host {\n  log_level = \"x\"\n}\n"})}})
	diags[0].File = "a.hcl"
	got, err := json.Marshal(diags)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"severity":"error","summary":"Value not allowed","detail":"\"log_level\" must be one of \"debug\", \"error\", \"info\" and \"warn\".",` +
		`"file":"a.hcl","start":{"line":2,"column":15,"byte":21},"end":{"line":2,"column":18,"byte":24},` +
		`"snippet":"  log_level = \"x\"","context":"host","path":"log_level"}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if bare, _ := json.Marshal(Diagnostic{Severity: schema.Error, Summary: "x"}); string(bare) != `{"severity":"error","summary":"x"}` {
		t.Errorf("%s", bare)
	}
}
