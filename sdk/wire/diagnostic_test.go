package wire_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

func TestDiagnosticsTravelWhole(t *testing.T) {
	t.Parallel()
	want := []schema.Diagnostic{
		{Severity: schema.Error, Summary: "wrong", Detail: "very", Path: schema.Path{"hosts", 2, "name"}},
		{Severity: schema.Warning, Summary: "odd"},
	}
	got := wire.ToDiagnostics(wire.FromDiagnostics(want))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDiagnosticsAreBounded(t *testing.T) {
	t.Parallel()
	list := make([]schema.Diagnostic, 1000)
	for i := range list {
		list[i] = schema.Diagnostic{Severity: schema.Error, Summary: strings.Repeat("x", 8<<10), Path: make(schema.Path, 1000)}
	}
	sent := wire.FromDiagnostics(list)
	if len(sent) != wire.MaxDiagnostics {
		t.Errorf("%d are sent", len(sent))
	}
	if n := len(sent[0].GetSummary()); n > wire.MaxSummary {
		t.Errorf("a summary has %d bytes", n)
	}
	if n := len(sent[0].GetPath()); n > 64 {
		t.Errorf("a path has %d steps", n)
	}
}

func TestToDiagnosticsReadsAPeersOddities(t *testing.T) {
	t.Parallel()
	name := &actionv1.PathStep{Step: &actionv1.PathStep_Name{Name: "a"}}
	index := func(i int64) *actionv1.PathStep { return &actionv1.PathStep{Step: &actionv1.PathStep_Index{Index: i}} }
	tests := map[string]struct {
		sent *actionv1.Diagnostic
		want schema.Diagnostic
	}{
		"an unknown severity is an error": {&actionv1.Diagnostic{Severity: 77}, schema.Diagnostic{Severity: schema.Error}},
		"a path ends at an unknown step":  {&actionv1.Diagnostic{Path: []*actionv1.PathStep{name, {}, name}}, schema.Diagnostic{Severity: schema.Error, Path: schema.Path{"a"}}},
		"a path ends at a negative index": {&actionv1.Diagnostic{Path: []*actionv1.PathStep{name, index(-1)}}, schema.Diagnostic{Severity: schema.Error, Path: schema.Path{"a"}}},
		"a path ends at a huge index":     {&actionv1.Diagnostic{Path: []*actionv1.PathStep{name, index(math.MaxInt64)}}, schema.Diagnostic{Severity: schema.Error, Path: schema.Path{"a"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := wire.ToDiagnostics([]*actionv1.Diagnostic{tt.sent})
			if diff := cmp.Diff([]schema.Diagnostic{tt.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
