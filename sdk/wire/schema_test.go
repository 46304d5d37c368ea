package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

func TestBodyTravelsWhole(t *testing.T) {
	t.Parallel()
	want := schema.Body{
		Attributes: []schema.Attribute{
			{Name: "a", Type: schema.String, Required: true, Doc: "what", Sensitive: true, Deprecated: "use b", Enum: []string{"x"}},
			{Name: "b", Type: schema.ListOf(schema.Integer), Default: json.RawMessage(`[1]`)},
		},
		Blocks: []schema.Block{
			{Name: "one", Nesting: schema.Single, Min: 1, Doc: "the one", Body: schema.Body{
				Blocks: []schema.Block{{Name: "many", Nesting: schema.List, Min: 1, Max: 3}},
			}},
		},
	}
	got, err := wire.ToBody(overTheWire(t, wire.FromBody(want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func overTheWire(t *testing.T, s *actionv1.Schema) *actionv1.Schema {
	t.Helper()
	data, err := proto.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	out := &actionv1.Schema{}
	if err := proto.Unmarshal(data, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestToBodyTakesNoSchemaForTheEmptyOne(t *testing.T) {
	t.Parallel()
	got, err := wire.ToBody(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(schema.Body{}, got); diff != "" {
		t.Error(diff)
	}
}

func TestToBodyRefusesAPeersNonsense(t *testing.T) {
	t.Parallel()
	deep := &actionv1.Schema{}
	for range 5000 {
		deep = &actionv1.Schema{Blocks: []*actionv1.Block{{Name: "b", Nesting: actionv1.Block_NESTING_SINGLE, Body: deep}}}
	}
	tests := map[string]struct {
		schema *actionv1.Schema
		want   string
	}{
		"blocks without end":  {deep, "nested more than 8 deep"},
		"an unknown nesting":  {&actionv1.Schema{Blocks: []*actionv1.Block{{Name: "b", Nesting: 99}}}, "nesting"},
		"a bad type":          {&actionv1.Schema{Attributes: []*actionv1.Attribute{{Name: "a", Type: "list(x)"}}}, "type"},
		"nothing in a member": {&actionv1.Schema{Attributes: []*actionv1.Attribute{nil}}, "name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.ToBody(tt.schema)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
