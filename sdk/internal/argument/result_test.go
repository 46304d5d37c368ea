package argument_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk/internal/argument"
	"butlerd/sdk/schema"
)

type task struct {
	ID   string `json:"id"`
	Next *task  `json:"next,omitempty"`
}

type base struct {
	Node string `json:"node"`
}

type opaque struct{}

func (opaque) MarshalJSON() ([]byte, error) { return []byte(`1`), nil }

func TestResultDescribesWhatEncodes(t *testing.T) {
	t.Parallel()
	type result struct {
		base

		Rows    int               `json:"rows" doc:"how many"`
		Took    time.Duration     `json:"took_ns,omitempty"`
		At      *time.Time        `json:"at,omitzero"`
		Names   []string          `json:"names"`
		Labels  map[string]string `json:"labels"`
		First   *task             `json:"first"`
		Tasks   []task            `json:"tasks" doc:"one each"`
		Any     any               `json:"any"`
		Opaque  opaque            `json:"opaque"`
		Raw     json.RawMessage   `json:"raw"`
		Waits   []time.Duration   `json:"waits"`
		Skipped string            `json:"-"`
		_       string
	}
	got := argument.Result(reflect.TypeFor[*result]())
	if err := got.Check(); err != nil {
		t.Fatal(err)
	}
	first := got.Blocks[0]
	if diff := cmp.Diff(schema.Attribute{Name: "id", Type: schema.String, Required: true}, first.Body.Attributes[0]); diff != "" {
		t.Error(diff)
	}
	var blocks []string
	for _, b := range got.Blocks {
		blocks = append(blocks, b.Name+" "+string(b.Nesting)+" "+b.Doc)
	}
	if diff := cmp.Diff([]string{"first single ", "tasks list one each"}, blocks); diff != "" {
		t.Error(diff)
	}
	want := []schema.Attribute{
		{Name: "node", Type: schema.String, Required: true},
		{Name: "rows", Type: schema.Integer, Required: true, Doc: "how many"},
		{Name: "took_ns", Type: schema.Integer},
		{Name: "at", Type: schema.String},
		{Name: "names", Type: "list(string)", Required: true},
		{Name: "labels", Type: "map(string)", Required: true},
	}
	if diff := cmp.Diff(want, got.Attributes); diff != "" {
		t.Error(diff)
	}
}

func TestResultOfWhatHasNoMembersIsEmpty(t *testing.T) {
	t.Parallel()
	for _, typ := range []reflect.Type{
		reflect.TypeFor[struct{}](), reflect.TypeFor[map[string]any](), reflect.TypeFor[opaque](), reflect.TypeFor[int](),
	} {
		if diff := cmp.Diff(schema.Body{}, argument.Result(typ)); diff != "" {
			t.Errorf("%s: %s", typ, diff)
		}
	}
}
